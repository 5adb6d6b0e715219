// Asks a kernel's sound, or the lab's, what it does, by its own calls: a line for each question.
//
// usage: kernel_probe CARD COMMAND
//
// The card must take 48 kHz, 2 channels and 16 bits in both directions, and have a mixer. COMMAND takes it away.
// tools/guest asks a real kernel's dummy card; what it said is kernel_answers.txt, and test_lab.py asks the lab.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <sound/asound.h>

// A buffer so long that what is asked while it plays is asked in time, on a busy machine as well.
enum { RATE = 48000, PERIOD = 480, MUCH = 9600, BUFFER = 14400 };
static int16_t sound[2 * BUFFER];

static const char *result_of(int result) { return result >= 0 ? "yes" : strerrorname_np(errno); }

static void ask(const char *question, int fd, unsigned long command, void *argument) {
  printf("%s: %s\n", question, result_of(ioctl(fd, command, argument)));
}

static void wait_ms(int milliseconds) { usleep((useconds_t)milliseconds * 1000); }

static void tell_state(const char *when, int fd) {
  static const char *const states[] = {
      "OPEN", "SETUP", "PREPARED", "RUNNING", "XRUN", "DRAINING", "PAUSED", "SUSPENDED", "DISCONNECTED"};
  struct snd_pcm_status status;
  memset(&status, 0, sizeof status);
  int result = ioctl(fd, SNDRV_PCM_IOCTL_STATUS, &status);
  printf("state %s: %s\n", when, result < 0 ? result_of(result) : states[status.state]);
}

static void tell_poll(const char *when, int fd, short events) {
  struct pollfd wanted = {.fd = fd, .events = events};
  int count = poll(&wanted, 1, 0);
  printf("poll %s: %d", when, count);
  static const struct { short bit; const char *name; } names[] = {
      {POLLIN, " in"}, {POLLOUT, " out"}, {POLLERR, " err"}, {POLLHUP, " hup"}, {POLLNVAL, " nval"}};
  for (unsigned index = 0; index < sizeof names / sizeof *names; index++)
    if (wanted.revents & names[index].bit) printf("%s", names[index].name);
  printf("\n");
}

static long transfer(int fd, unsigned long command, long frames) {
  struct snd_xferi order = {.buf = sound, .frames = (snd_pcm_uframes_t)frames};
  return ioctl(fd, command, &order) < 0 ? -errno : order.result;
}

static void tell_transfer(const char *what, int fd, int captures, long frames) {
  long result = transfer(fd, captures ? SNDRV_PCM_IOCTL_READI_FRAMES : SNDRV_PCM_IOCTL_WRITEI_FRAMES, frames);
  if (result < 0) printf("%s: %s\n", what, strerrorname_np((int)-result));
  else printf("%s: %ld\n", what, result);
}

// Parameters.

static struct snd_interval *interval(struct snd_pcm_hw_params *parameters, int which) {
  return &parameters->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];
}

static void fill(struct snd_pcm_hw_params *parameters) {
  memset(parameters, 0, sizeof *parameters);
  memset(parameters->masks, 0xff, sizeof parameters->masks);
  for (int which = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; which <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; which++)
    interval(parameters, which)->max = ~0u;
  parameters->rmask = ~0u;
}

static void set(struct snd_pcm_hw_params *parameters, int which, unsigned least, unsigned most) {
  *interval(parameters, which) = (struct snd_interval){.min = least, .max = most};
  parameters->rmask |= 1u << which;
}

static void set_mask(struct snd_pcm_hw_params *parameters, int which, int bit) {
  struct snd_mask *mask = &parameters->masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];
  memset(mask, 0, sizeof *mask);
  mask->bits[bit / 32] = 1u << bit % 32;
  parameters->rmask |= 1u << which;
}

static void tell_parameters(const char *when, int fd, struct snd_pcm_hw_params *parameters) {
  static const struct { int which; const char *name; } names[] = {
      {SNDRV_PCM_HW_PARAM_SAMPLE_BITS, "sample bits"}, {SNDRV_PCM_HW_PARAM_FRAME_BITS, "frame bits"},
      {SNDRV_PCM_HW_PARAM_CHANNELS, "channels"}, {SNDRV_PCM_HW_PARAM_RATE, "rate"},
      {SNDRV_PCM_HW_PARAM_PERIOD_TIME, "period time"}, {SNDRV_PCM_HW_PARAM_PERIOD_SIZE, "period size"},
      {SNDRV_PCM_HW_PARAM_PERIOD_BYTES, "period bytes"}, {SNDRV_PCM_HW_PARAM_PERIODS, "periods"},
      {SNDRV_PCM_HW_PARAM_BUFFER_TIME, "buffer time"}, {SNDRV_PCM_HW_PARAM_BUFFER_SIZE, "buffer size"},
      {SNDRV_PCM_HW_PARAM_BUFFER_BYTES, "buffer bytes"}};
  int result = ioctl(fd, SNDRV_PCM_IOCTL_HW_REFINE, parameters);
  printf("refine %s: %s\n", when, result_of(result));
  if (result < 0) return;
  for (unsigned index = 0; index < sizeof names / sizeof *names; index++) {
    struct snd_interval *value = interval(parameters, names[index].which);
    printf("  %s %c%u %u%c\n", names[index].name, value->openmin ? '(' : '[', value->min, value->max,
           value->openmax ? ')' : ']');
  }
}

static void wish(struct snd_pcm_hw_params *parameters) {
  fill(parameters);
  set_mask(parameters, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
  set_mask(parameters, SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
  set_mask(parameters, SNDRV_PCM_HW_PARAM_SUBFORMAT, SNDRV_PCM_SUBFORMAT_STD);
  set(parameters, SNDRV_PCM_HW_PARAM_CHANNELS, 2, 2);
  set(parameters, SNDRV_PCM_HW_PARAM_RATE, RATE, RATE);
}

static void probe_parameters(int fd) {
  struct snd_pcm_hw_params parameters;
  fill(&parameters);
  tell_parameters("of anything", fd, &parameters);
  wish(&parameters);
  tell_parameters("of the format", fd, &parameters);
  set(&parameters, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, PERIOD, PERIOD);
  tell_parameters("of the period", fd, &parameters);
  wish(&parameters);
  set(&parameters, SNDRV_PCM_HW_PARAM_BUFFER_TIME, 10000, 10000);
  tell_parameters("of a time", fd, &parameters);
  wish(&parameters);
  set(&parameters, SNDRV_PCM_HW_PARAM_RATE, 44100, 44100);
  set(&parameters, SNDRV_PCM_HW_PARAM_PERIOD_TIME, 9990, 10010);
  tell_parameters("of times that do not come out even", fd, &parameters);
  wish(&parameters);
  set(&parameters, SNDRV_PCM_HW_PARAM_RATE, 96000, 96000);
  tell_parameters("of a rate it has not", fd, &parameters);
}

static int set_up(int fd) {
  struct snd_pcm_hw_params parameters;
  wish(&parameters);
  set(&parameters, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, PERIOD, PERIOD);
  set(&parameters, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, BUFFER, BUFFER);
  return ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &parameters);
}

static int set_software(int fd, snd_pcm_uframes_t avail_min, snd_pcm_uframes_t start, snd_pcm_uframes_t stop) {
  struct snd_pcm_sw_params parameters;
  memset(&parameters, 0, sizeof parameters);
  parameters.proto = SNDRV_PCM_VERSION;
  parameters.period_step = 1;
  parameters.avail_min = avail_min;
  parameters.start_threshold = start;
  parameters.stop_threshold = stop;
  return ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &parameters);
}

static void tell_pointers(const char *when, int fd) {
  struct snd_pcm_sync_ptr sync;
  memset(&sync, 0, sizeof sync);
  sync.flags = SNDRV_PCM_SYNC_PTR_APPL | SNDRV_PCM_SYNC_PTR_AVAIL_MIN;
  int result = ioctl(fd, SNDRV_PCM_IOCTL_SYNC_PTR, &sync);
  if (result < 0) printf("pointers %s: %s\n", when, result_of(result));
  else printf("pointers %s: %lu %lu, wakes at %lu\n", when, sync.s.status.hw_ptr, sync.c.control.appl_ptr,
              sync.c.control.avail_min);
}

static void tell_moved(const char *what, int fd, unsigned long command, snd_pcm_uframes_t frames) {
  int result = ioctl(fd, command, &frames);
  if (result < 0) printf("%s: %s\n", what, result_of(result));
  else printf("%s: returns %d, leaves %lu\n", what, result, frames);
}

static void tell_delay(const char *when, int fd) {
  snd_pcm_sframes_t delay = 0;
  int result = ioctl(fd, SNDRV_PCM_IOCTL_DELAY, &delay);
  if (result < 0) printf("delay %s: %s\n", when, result_of(result));
  else printf("delay %s: %ld\n", when, delay);
}

static void probe_dead(const char *when, int fd, int captures) {
  char text[64];
  snprintf(text, sizeof text, "%s after %s", captures ? "read" : "write", when);
  tell_transfer(text, fd, captures, PERIOD);
  tell_delay(when, fd);
  snprintf(text, sizeof text, "hwsync after %s", when);
  ask(text, fd, SNDRV_PCM_IOCTL_HWSYNC, NULL);
  snprintf(text, sizeof text, "rewind after %s", when);
  tell_moved(text, fd, SNDRV_PCM_IOCTL_REWIND, 10);
  snprintf(text, sizeof text, "start after %s", when);
  ask(text, fd, SNDRV_PCM_IOCTL_START, NULL);
  tell_poll(when, fd, captures ? POLLIN : POLLOUT);
  tell_pointers(when, fd);
}

static void probe_playback(const char *node) {
  int fd = open(node, O_RDWR | O_NONBLOCK);
  printf("open playback: %s\n", result_of(fd));
  if (fd < 0) return;
  int second = open(node, O_RDWR | O_NONBLOCK);
  printf("open it again: %s\n", result_of(second));
  if (second >= 0) close(second);
  tell_state("opened", fd);
  tell_transfer("write without a setup", fd, 0, PERIOD);
  ask("prepare without a setup", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  ask("drop without a setup", fd, SNDRV_PCM_IOCTL_DROP, NULL);
  tell_poll("without a setup", fd, POLLOUT);
  ask("an unknown call", fd, _IO('A', 0x7f), NULL);
  probe_parameters(fd);
  printf("set up: %s\n", result_of(set_up(fd)));
  tell_state("set up", fd);
  tell_transfer("write before prepare", fd, 0, PERIOD);
  ask("start before prepare", fd, SNDRV_PCM_IOCTL_START, NULL);
  tell_delay("before prepare", fd);
  tell_poll("before prepare", fd, POLLOUT);
  printf("wake at nothing: %s\n", result_of(set_software(fd, 0, 1, BUFFER)));
  printf("software: %s\n", result_of(set_software(fd, PERIOD, 10 * BUFFER, BUFFER)));
  ask("prepare", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  tell_state("prepared", fd);
  tell_pointers("prepared", fd);
  ask("start with nothing", fd, SNDRV_PCM_IOCTL_START, NULL);
  tell_poll("prepared", fd, POLLOUT);
  tell_transfer("write a period", fd, 0, PERIOD);
  tell_moved("rewind 100", fd, SNDRV_PCM_IOCTL_REWIND, 100);
  tell_pointers("rewound", fd);
  tell_moved("forward 100", fd, SNDRV_PCM_IOCTL_FORWARD, 100);
  tell_moved("rewind too much", fd, SNDRV_PCM_IOCTL_REWIND, 10 * BUFFER);
  tell_pointers("rewound to nothing", fd);
  tell_transfer("write a period", fd, 0, PERIOD);
  tell_delay("prepared", fd);
  tell_transfer("write more than there is room for", fd, 0, BUFFER);
  tell_transfer("write into a full buffer", fd, 0, PERIOD);
  tell_poll("full", fd, POLLOUT);
  tell_state("full", fd);
  ask("start", fd, SNDRV_PCM_IOCTL_START, NULL);
  ask("start again", fd, SNDRV_PCM_IOCTL_START, NULL);
  ask("prepare while it runs", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  printf("set up while it runs: %s\n", result_of(set_up(fd)));
  ask("free the setup while it runs", fd, SNDRV_PCM_IOCTL_HW_FREE, NULL);
  ask("pause", fd, SNDRV_PCM_IOCTL_PAUSE, (void *)1);
  ask("resume", fd, SNDRV_PCM_IOCTL_RESUME, NULL);
  tell_state("running", fd);
  wait_ms(400);
  tell_state("run dry", fd);
  probe_dead("xrun", fd, 0);
  ask("drain after xrun", fd, SNDRV_PCM_IOCTL_DRAIN, NULL);
  tell_state("drained after xrun", fd);
  ask("prepare after xrun", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  tell_pointers("prepared again", fd);
  tell_transfer("write much", fd, 0, MUCH);
  ask("start", fd, SNDRV_PCM_IOCTL_START, NULL);
  ask("order an xrun", fd, SNDRV_PCM_IOCTL_XRUN, NULL);
  tell_state("ordered", fd);
  ask("prepare", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  tell_transfer("write much", fd, 0, MUCH);
  ask("start", fd, SNDRV_PCM_IOCTL_START, NULL);
  ask("drain without waiting", fd, SNDRV_PCM_IOCTL_DRAIN, NULL);
  tell_state("draining", fd);
  tell_poll("draining", fd, POLLOUT);
  wait_ms(300);
  tell_state("drained", fd);
  tell_transfer("write after drain", fd, 0, PERIOD);
  ask("prepare", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  printf("software: %s\n", result_of(set_software(fd, PERIOD, PERIOD, BUFFER)));
  tell_transfer("write what starts it", fd, 0, MUCH);
  tell_state("started by itself", fd);
  ask("drop", fd, SNDRV_PCM_IOCTL_DROP, NULL);
  tell_state("dropped", fd);
  tell_poll("dropped", fd, POLLOUT);
  ask("resume after drop", fd, SNDRV_PCM_IOCTL_RESUME, NULL);
  ask("free the setup", fd, SNDRV_PCM_IOCTL_HW_FREE, NULL);
  tell_state("freed", fd);
  close(fd);
}

static void probe_capture(const char *node) {
  int fd = open(node, O_RDWR | O_NONBLOCK);
  printf("open capture: %s\n", result_of(fd));
  if (fd < 0) return;
  printf("set up: %s\n", result_of(set_up(fd)));
  printf("software: %s\n", result_of(set_software(fd, PERIOD, 10 * BUFFER, BUFFER)));
  tell_transfer("read before prepare", fd, 1, PERIOD);
  ask("prepare", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  tell_poll("prepared", fd, POLLIN);
  tell_transfer("read before start", fd, 1, PERIOD);
  tell_state("after it", fd);
  tell_transfer("write to a microphone", fd, 0, PERIOD);
  ask("start", fd, SNDRV_PCM_IOCTL_START, NULL);
  tell_state("running", fd);
  wait_ms(15);
  tell_poll("after a period", fd, POLLIN);
  tell_transfer("read a period", fd, 1, PERIOD);
  wait_ms(400);
  tell_state("run over", fd);
  probe_dead("xrun", fd, 1);
  ask("prepare", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  printf("software: %s\n", result_of(set_software(fd, PERIOD, 1, BUFFER)));
  tell_transfer("read what starts it", fd, 1, PERIOD);
  tell_state("started by itself", fd);
  wait_ms(15);
  ask("drain", fd, SNDRV_PCM_IOCTL_DRAIN, NULL);
  tell_state("drained", fd);
  close(fd);
}

static void probe_link(const char *playback, const char *capture) {
  int speaker = open(playback, O_RDWR | O_NONBLOCK), microphone = open(capture, O_RDWR | O_NONBLOCK);
  printf("set up both: %s %s\n", result_of(set_up(speaker)), result_of(set_up(microphone)));
  set_software(speaker, PERIOD, 10 * BUFFER, BUFFER);
  set_software(microphone, PERIOD, 10 * BUFFER, BUFFER);
  ask("prepare", speaker, SNDRV_PCM_IOCTL_PREPARE, NULL);
  ask("prepare", microphone, SNDRV_PCM_IOCTL_PREPARE, NULL);
  ask("link", speaker, SNDRV_PCM_IOCTL_LINK, (void *)(intptr_t)microphone);
  ask("link again", speaker, SNDRV_PCM_IOCTL_LINK, (void *)(intptr_t)microphone);
  tell_transfer("write a buffer", speaker, 0, BUFFER);
  ask("start one", microphone, SNDRV_PCM_IOCTL_START, NULL);
  tell_state("of the one", microphone);
  tell_state("of the other", speaker);
  ask("drop one", speaker, SNDRV_PCM_IOCTL_DROP, NULL);
  tell_state("of the one", speaker);
  tell_state("of the other", microphone);
  ask("prepare one", speaker, SNDRV_PCM_IOCTL_PREPARE, NULL);
  tell_state("of the other", microphone);
  ask("unlink", speaker, SNDRV_PCM_IOCTL_UNLINK, NULL);
  ask("unlink again", speaker, SNDRV_PCM_IOCTL_UNLINK, NULL);
  close(speaker);
  close(microphone);
}

static void probe_control(const char *node) {
  struct snd_ctl_elem_value value;
  struct snd_pcm_info info;
  struct snd_ctl_event event;
  int fd = open(node, O_RDWR | O_NONBLOCK), next = -1, on = 1;
  printf("open control: %s\n", result_of(fd));
  ask("first device", fd, SNDRV_CTL_IOCTL_PCM_NEXT_DEVICE, &next);
  printf("  is %d\n", next);
  ask("device after it", fd, SNDRV_CTL_IOCTL_PCM_NEXT_DEVICE, &next);
  printf("  is %d\n", next);
  memset(&info, 0, sizeof info);
  ask("about the first", fd, SNDRV_CTL_IOCTL_PCM_INFO, &info);
  printf("  has %u subdevices\n", info.subdevices_count);
  info.device = 7;
  ask("about one it has not", fd, SNDRV_CTL_IOCTL_PCM_INFO, &info);
  memset(&value, 0, sizeof value);
  value.id.numid = 999;
  ask("read an element it has not", fd, SNDRV_CTL_IOCTL_ELEM_READ, &value);
  value.id.numid = 1;
  ask("read its first element", fd, SNDRV_CTL_IOCTL_ELEM_READ, &value);
  printf("read without listening: %s\n", result_of((int)read(fd, &event, sizeof event)));
  tell_poll("of the control", fd, POLLIN);
  ask("listen", fd, SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS, &on);
  printf("read without news: %s\n", result_of((int)read(fd, &event, sizeof event)));
  long had = value.value.integer.value[0];
  ask("write what it has", fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value);
  tell_poll("after writing the same", fd, POLLIN);
  value.value.integer.value[0] = had ? had - 1 : 1;
  printf("write another: %d\n", ioctl(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value));
  tell_poll("after writing another", fd, POLLIN);
  printf("read the news: %zd of %zu\n", read(fd, &event, sizeof event), sizeof event);
  printf("  about %u, what %u\n", event.data.elem.id.numid, event.data.elem.mask);
  tell_poll("after the news", fd, POLLIN);
  ask("an unknown call", fd, _IO('U', 0x7f), NULL);
  close(fd);
}

static void probe_pull(const char *playback, const char *control, const char *command) {
  int fd = open(playback, O_RDWR | O_NONBLOCK), mixer = open(control, O_RDWR | O_NONBLOCK);
  set_up(fd);
  set_software(fd, PERIOD, 10 * BUFFER, BUFFER);
  ioctl(fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  tell_transfer("write a buffer", fd, 0, BUFFER);
  ask("start", fd, SNDRV_PCM_IOCTL_START, NULL);
  if (system(command) != 0) printf("cannot take the card away\n");
  // The lab looks every ten milliseconds.
  wait_ms(30);
  tell_state("pulled", fd);
  probe_dead("the pull", fd, 0);
  ask("prepare after the pull", fd, SNDRV_PCM_IOCTL_PREPARE, NULL);
  tell_poll("of the control after the pull", mixer, POLLIN);
  struct snd_ctl_card_info info;
  ask("who are you after the pull", mixer, SNDRV_CTL_IOCTL_CARD_INFO, &info);
  int second = open(playback, O_RDWR | O_NONBLOCK);
  printf("open after the pull: %s\n", result_of(second));
  printf("close: %s\n", result_of(close(fd)));
  close(mixer);
}

int main(int count, char **arguments) {
  char playback[64], capture[64], control[64];
  if (count < 3) return 2;
  snprintf(playback, sizeof playback, "/dev/snd/pcmC%sD0p", arguments[1]);
  snprintf(capture, sizeof capture, "/dev/snd/pcmC%sD0c", arguments[1]);
  snprintf(control, sizeof control, "/dev/snd/controlC%s", arguments[1]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  probe_playback(playback);
  probe_capture(capture);
  probe_link(playback, capture);
  probe_control(control);
  probe_pull(playback, control, arguments[2]);
  return 0;
}
