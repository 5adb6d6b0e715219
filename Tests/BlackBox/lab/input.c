// Input devices as evdev shows them. What a device has is in its page; what it does comes through a
// pipe for each who has it open, written by cards.py.
#include "lab.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// Words of an input device's page; inputs.py has the same.
enum {
  INPUT_EPOCH, INPUT_GRABBER, INPUT_BUS, INPUT_VENDOR, INPUT_PRODUCT, INPUT_VERSION,
  INPUT_EVENTS, INPUT_SWITCHES, INPUT_SWITCHES_ON, INPUT_KEYS, INPUT_KEYS_DOWN = INPUT_KEYS + 12,
  INPUT_WORDS = INPUT_KEYS_DOWN + 12
};

static void pipe_path(const struct input *input, char *path, size_t bytes) {
  snprintf(path, bytes, "%s/client.%d.%d", input->folder, (int)getpid(), input->fd);
}

int input_open(struct input *input, const char *node, int fd) {
  char name[64], path[PLACE_LENGTH + 64];
  FILE *file = fopen(node, "re");
  int count = file ? fscanf(file, "%63s", name) : 0;
  if (file) fclose(file);
  if (count != 1) return -ENXIO;
  snprintf(input->folder, sizeof input->folder, "%s/inputs/%s", lab_world, name);
  input->fd = fd;
  input->clock = CLOCK_REALTIME;
  input->page = page_at(input->folder);
  if (!input->page) return -ENXIO;
  input->epoch = input->page[INPUT_EPOCH];
  pipe_path(input, path, sizeof path);
  unlink(path);
  if (mkfifo(path, 0600) != 0) return -errno;
  // Both ends: it is never at its end, and gone only when the device is.
  int pipe = real_open(path, O_RDWR | O_CLOEXEC | (fcntl(fd, F_GETFL) & O_NONBLOCK));
  if (pipe < 0) return -errno;
  int keeps = fcntl(fd, F_GETFD) & FD_CLOEXEC;
  int result = dup3(pipe, fd, keeps ? O_CLOEXEC : 0) < 0 ? -errno : 0;
  real_close(pipe);
  return result;
}

void input_close(struct input *input) {
  char path[PLACE_LENGTH + 64];
  pipe_path(input, path, sizeof path);
  unlink(path);
  if (input->is_grabbed) input->page[INPUT_GRABBER] = 0;
  munmap((void *)input->page, WORDS_OF_PAGE * sizeof(int64_t));
}

static int is_gone(const struct input *input) { return input->epoch != input->page[INPUT_EPOCH]; }

static int give(void *argument, size_t room, const void *data, size_t bytes) {
  if (bytes > room) bytes = room;
  memcpy(argument, data, bytes);
  return (int)bytes;
}

static int give_words(const struct input *input, void *argument, size_t room, int first, int count) {
  int64_t words[12];
  for (int index = 0; index < count; index++) words[index] = input->page[first + index];
  return give(argument, room, words, (size_t)count * sizeof *words);
}

static int give_text(const struct input *input, void *argument, size_t room, const char *key) {
  char path[PLACE_LENGTH + 64], text[128] = "";
  snprintf(path, sizeof path, "%s/%s", input->folder, key);
  FILE *file = fopen(path, "re");
  if (!file) return -ENOENT;
  char *line = fgets(text, sizeof text, file);
  fclose(file);
  if (!line) return -ENOENT;
  text[strcspn(text, "\n")] = 0;
  return give(argument, room, text, strlen(text) + 1);
}

static int grab(struct input *input, int on) {
  volatile int64_t *grabber = &input->page[INPUT_GRABBER];
  int64_t mine = (int64_t)getpid() << 16 | input->fd;
  if (on && *grabber) return -EBUSY;
  if (!on && *grabber != mine) return -EINVAL;
  *grabber = on ? mine : 0;
  input->is_grabbed = on;
  return 0;
}

int input_ioctl(struct input *input, unsigned long command, void *argument) {
  static const int64_t none[12];
  if (is_gone(input)) return -ENODEV;
  if (_IOC_TYPE(command) != 'E') return -EINVAL;
  size_t room = _IOC_SIZE(command);
  unsigned number = _IOC_NR(command);
  switch (number) {
    case _IOC_NR(EVIOCGVERSION): return *(int *)argument = EV_VERSION, 0;
    case _IOC_NR(EVIOCGID):
      *(struct input_id *)argument = (struct input_id){
          .bustype = (uint16_t)input->page[INPUT_BUS], .vendor = (uint16_t)input->page[INPUT_VENDOR],
          .product = (uint16_t)input->page[INPUT_PRODUCT], .version = (uint16_t)input->page[INPUT_VERSION]};
      return 0;
    case _IOC_NR(EVIOCGNAME(0)): return give_text(input, argument, room, "name");
    case _IOC_NR(EVIOCGPHYS(0)): return give_text(input, argument, room, "phys");
    case _IOC_NR(EVIOCGUNIQ(0)): return give_text(input, argument, room, "uniq");
    case _IOC_NR(EVIOCGPROP(0)): return give(argument, room, none, 8);
    case _IOC_NR(EVIOCGKEY(0)): return give_words(input, argument, room, INPUT_KEYS_DOWN, 12);
    case _IOC_NR(EVIOCGSW(0)): return give_words(input, argument, room, INPUT_SWITCHES_ON, 1);
    case _IOC_NR(EVIOCGBIT(0, 0)): return give_words(input, argument, room, INPUT_EVENTS, 1);
    case _IOC_NR(EVIOCGBIT(EV_KEY, 0)): return give_words(input, argument, room, INPUT_KEYS, 12);
    case _IOC_NR(EVIOCGBIT(EV_SW, 0)): return give_words(input, argument, room, INPUT_SWITCHES, 1);
    case _IOC_NR(EVIOCGRAB): return grab(input, argument != NULL);
    case _IOC_NR(EVIOCSCLOCKID):
      input->clock = *(int *)argument;
      return input->clock == CLOCK_REALTIME || input->clock == CLOCK_MONOTONIC ? 0 : -EINVAL;
  }
  if (number > _IOC_NR(EVIOCGBIT(0, 0)) && number <= _IOC_NR(EVIOCGBIT(EV_MAX, 0)))
    return give(argument, room, none, 8);
  return -EINVAL;
}

// The pipe's events have monotonic times; a program gets those of the clock it asked for.
static void turn_clock(struct input *input, struct input_event *event) {
  if (input->clock == CLOCK_MONOTONIC) return;
  struct timespec real;
  clock_gettime(CLOCK_REALTIME, &real);
  int64_t shift = real.tv_sec * NANO + real.tv_nsec - monotonic();
  int64_t moment = event->input_event_sec * NANO + event->input_event_usec * 1000 + shift;
  event->input_event_sec = moment / NANO;
  event->input_event_usec = moment % NANO / 1000;
}

ssize_t input_read(struct input *input, void *place, size_t bytes) {
  struct input_event *events = place;
  if (is_gone(input)) return -ENODEV;
  if (bytes < sizeof *events) return -EINVAL;
  struct pollfd ready = {.fd = input->fd, .events = POLLIN};
  struct timespec at_once = {0, 0};
  if (real_ppoll(&ready, 1, &at_once, NULL) <= 0) return -EAGAIN;
  ssize_t count = real_read(input->fd, events, bytes / sizeof *events * sizeof *events);
  if (count < 0) return -errno;
  for (size_t index = 0; index < (size_t)count / sizeof *events; index++) turn_clock(input, &events[index]);
  return count;
}

short input_poll(struct input *input) { return is_gone(input) ? POLLHUP | POLLERR : 0; }
