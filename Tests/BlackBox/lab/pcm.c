// One direction of a card as the kernel plays it: setup, states, waits and stumbles.
#include "pcm.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// The kernel gives up on a blocking read or write when a card is silent for this long.
#define PATIENCE_NS (10 * NANO)

static int refusal(const struct pcm *pcm) {
  switch (pcm->state) {
    case SNDRV_PCM_STATE_XRUN: return -EPIPE;
    case SNDRV_PCM_STATE_SUSPENDED: return -ESTRPIPE;
    case SNDRV_PCM_STATE_DISCONNECTED: return -ENODEV;
    case SNDRV_PCM_STATE_OPEN:
    case SNDRV_PCM_STATE_SETUP: return -EBADFD;
    default: return 0;
  }
}

// An error that the test has ordered, as often as it wants it.
static int planted(struct pcm *pcm, enum field error, enum field count) {
  volatile int64_t *page = pcm->card->page;
  if (page[error] == 0 || page[count] == 0) return 0;
  if (page[count] > 0) page[count]--;
  return -(int)page[error];
}

// Opening and closing.

int pcm_open(struct pcm *pcm, struct card *card, int device, int direction, int fd) {
  memset(pcm, 0, sizeof *pcm);
  pcm->card = card;
  pcm->fd = fd;
  pcm->log_fd = pcm->ring_fd = -1;
  pcm->shape = shape_of(card, device, direction);
  if (!pcm->shape) return -ENXIO;
  pcm->epoch = card->page[FIELD_epoch];
  pcm->suspends = card->page[FIELD_suspends];
  pcm->boundary = 1;
  pcm->avail_min = 1;
  if (card->page[FIELD_open_error]) return -(int)card->page[FIELD_open_error];
  if (card->page[FIELD_holder] || take(fd) < 0) return -EAGAIN;
  pcm->noise_seed = 0x9e3779b9u * (unsigned)(1 + device);
  WORD(pcm, opens)++;
  enter(pcm, SNDRV_PCM_STATE_OPEN);
  tell_status(pcm, (int)syscall(SYS_gettid));
  return 0;
}

static void free_setup(struct pcm *pcm) {
  if (pcm->ring) munmap(pcm->ring, pcm->ring_bytes);
  if (pcm->ring_fd >= 0) real_close(pcm->ring_fd);
  if (pcm->log_fd >= 0) real_close(pcm->log_fd);
  pcm->ring = NULL;
  pcm->ring_fd = pcm->log_fd = -1;
  pcm->rate = 0;
}

static int unlink_from_group(struct pcm *pcm) {
  struct pcm *before = pcm;
  if (!pcm->linked) return -EALREADY;
  while (before->linked != pcm) before = before->linked;
  before->linked = before == pcm->linked ? NULL : pcm->linked;
  pcm->linked = NULL;
  return 0;
}

void pcm_close(struct pcm *pcm) {
  if (pcm->rate) pass_time(pcm, monotonic(), 1);
  unlink_from_group(pcm);
  free_setup(pcm);
  if (!is_gone(pcm)) enter(pcm, -1);
  tell_status(pcm, 0);
  card_release(pcm->card);
}

int pcm_map(struct pcm *pcm, size_t length, off_t offset, void **place) {
  if (is_gone(pcm)) return -ENODEV;
  // The status and control pages are not mapped, as on most ARM boards: SYNC_PTR takes their place.
  if (offset != SNDRV_PCM_MMAP_OFFSET_DATA) return -ENXIO;
  if (!(pcm->shape->info & SNDRV_PCM_INFO_MMAP)) return -ENXIO;
  if (pcm->state == SNDRV_PCM_STATE_OPEN || !pcm->ring) return -EBADFD;
  *place = real_mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, pcm->ring_fd, 0);
  return *place == MAP_FAILED ? -errno : 0;
}

// Setup.

static int set_hardware(struct pcm *pcm, struct snd_pcm_hw_params *parameters) {
  if (pcm->state != SNDRV_PCM_STATE_OPEN && pcm->state != SNDRV_PCM_STATE_SETUP &&
      pcm->state != SNDRV_PCM_STATE_PREPARED)
    return -EBADFD;
  int result = choose(pcm->shape, parameters);
  if (result < 0) return result;
  free_setup(pcm);
  pcm->access = (int)chosen(parameters, SNDRV_PCM_HW_PARAM_ACCESS);
  pcm->format = (int)chosen(parameters, SNDRV_PCM_HW_PARAM_FORMAT);
  pcm->channels = chosen(parameters, SNDRV_PCM_HW_PARAM_CHANNELS);
  pcm->rate = chosen(parameters, SNDRV_PCM_HW_PARAM_RATE);
  pcm->period = chosen(parameters, SNDRV_PCM_HW_PARAM_PERIOD_SIZE);
  pcm->buffer = chosen(parameters, SNDRV_PCM_HW_PARAM_BUFFER_SIZE);
  pcm->no_wakeup = (parameters->flags & SNDRV_PCM_HW_PARAMS_NO_PERIOD_WAKEUP) != 0;
  pcm->sample_bytes = format_bytes(pcm->format);
  pcm->frame_bytes = pcm->sample_bytes * pcm->channels;
  // Whole pages, as alsa-lib maps them.
  pcm->ring_bytes = ((size_t)pcm->buffer * pcm->frame_bytes + 4095) & ~(size_t)4095;
  pcm->ring_fd = memfd_create("lab-ring", MFD_CLOEXEC);
  if (pcm->ring_fd < 0 || ftruncate(pcm->ring_fd, (off_t)pcm->ring_bytes) != 0) return -ENOMEM;
  pcm->ring = real_mmap(NULL, pcm->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, pcm->ring_fd, 0);
  if (pcm->ring == MAP_FAILED) return pcm->ring = NULL, -ENOMEM;
  pcm->boundary = pcm->buffer;
  while (pcm->boundary * 2 <= (uint64_t)INT64_MAX - pcm->buffer) pcm->boundary *= 2;
  pcm->avail_min = pcm->period;
  pcm->start_threshold = 1;
  pcm->stop_threshold = pcm->buffer;
  pcm->silence_threshold = pcm->silence_size = 0;
  pcm->tstamp_mode = SNDRV_PCM_TSTAMP_NONE;
  pcm->hw = pcm->appl = pcm->moved = 0;
  pcm->log_number = -1;
  plan_transfers(pcm);
  enter(pcm, SNDRV_PCM_STATE_SETUP);
  tell_status(pcm, (int)syscall(SYS_gettid));
  return 0;
}

static int set_software(struct pcm *pcm, struct snd_pcm_sw_params *parameters) {
  if (pcm->state == SNDRV_PCM_STATE_OPEN) return -EBADFD;
  if (parameters->avail_min == 0) return -EINVAL;
  pcm->avail_min = parameters->avail_min;
  pcm->start_threshold = parameters->start_threshold;
  pcm->stop_threshold = parameters->stop_threshold;
  pcm->silence_threshold = parameters->silence_threshold;
  pcm->silence_size = parameters->silence_size;
  pcm->tstamp_mode = parameters->tstamp_mode;
  parameters->boundary = pcm->boundary;
  return 0;
}

// States.

static int start_one(struct pcm *pcm, int64_t now) {
  if (pcm->state != SNDRV_PCM_STATE_PREPARED) return -EBADFD;
  if (!is_capture(pcm) && playable(pcm) == 0) return -EPIPE;
  pcm->base_frames = (double)pcm->hw;
  pcm->base_ns = pcm->trigger_ns = pcm->tstamp_ns = now;
  // USB takes all that it keeps under way at once: its position is ahead of the air from the beginning.
  if (pcm->shape->urbs && !is_capture(pcm)) pcm->base_ns -= (int64_t)pcm->queue_ns;
  pcm->pace = pace_of(pcm);
  pcm->next_period = pcm->hw + pcm->period;
  enter(pcm, SNDRV_PCM_STATE_RUNNING);
  air_start(pcm);
  return 0;
}

// Does it to a PCM and to those it is linked with.
static int with_group(struct pcm *pcm, int (*action)(struct pcm *, int64_t), int64_t now) {
  int result = 0;
  for (struct pcm *each = pcm; result == 0;) {
    result = action(each, now);
    each = each->linked;
    if (!each || each == pcm) break;
  }
  return result;
}

static int start(struct pcm *pcm, int64_t now) { return with_group(pcm, start_one, now); }

static int prepare_one(struct pcm *pcm, int64_t now) {
  (void)now;
  if (pcm->state == SNDRV_PCM_STATE_OPEN) return -EBADFD;
  if (is_moving(pcm)) return -EBUSY;
  int error = planted(pcm, FIELD_prepare_error, FIELD_prepare_errors);
  if (error) return error;
  pcm->hw = pcm->appl = pcm->moved = 0;
  pcm->avail_max = 0;
  enter(pcm, SNDRV_PCM_STATE_PREPARED);
  return 0;
}

static int drop_one(struct pcm *pcm, int64_t now) {
  if (pcm->state == SNDRV_PCM_STATE_OPEN) return -EBADFD;
  if (is_moving(pcm)) pcm->trigger_ns = now;
  enter(pcm, SNDRV_PCM_STATE_SETUP);
  return 0;
}

static int set_pause(struct pcm *pcm, int on, int64_t now) {
  if (!(pcm->shape->info & SNDRV_PCM_INFO_PAUSE)) return -ENOSYS;
  if (on) {
    if (pcm->state != SNDRV_PCM_STATE_RUNNING) return -EBADFD;
    pass_time(pcm, now, 1);
    if (pcm->state == SNDRV_PCM_STATE_RUNNING) enter(pcm, SNDRV_PCM_STATE_PAUSED);
    return 0;
  }
  if (pcm->state != SNDRV_PCM_STATE_PAUSED) return -EBADFD;
  pcm->base_frames = (double)pcm->hw;
  pcm->base_ns = now;
  enter(pcm, SNDRV_PCM_STATE_RUNNING);
  air_start(pcm);
  return 0;
}

static int resume(struct pcm *pcm, int64_t now) {
  if (!(pcm->shape->info & SNDRV_PCM_INFO_RESUME)) return -ENOSYS;
  if (pcm->state != SNDRV_PCM_STATE_SUSPENDED) return -EBADFD;
  enter(pcm, pcm->suspended_state);
  if (is_moving(pcm)) {
    pcm->base_frames = (double)pcm->hw;
    pcm->base_ns = now;
    pcm->pace = pace_of(pcm);
    air_start(pcm);
  }
  return 0;
}

// Waits outside the lock; 0 when there is something to look at again.
static int sleep_until(struct pcm *pcm, int64_t wake, int64_t deadline) {
  int64_t now = monotonic();
  if (now >= deadline) return -EIO;
  if (wake > now + LOOK_NS) wake = now + LOOK_NS;
  lab_unlock();
  int result = 0;
  if (wake > now) {
    struct timespec moment = as_timespec(wake);
    if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) == EINTR) result = -EINTR;
  }
  lab_lock();
  return is_gone(pcm) ? -ENODEV : result;
}

static int drain(struct pcm *pcm, int64_t now) {
  if (pcm->state == SNDRV_PCM_STATE_OPEN) return -EBADFD;
  if (!is_capture(pcm) && pcm->state == SNDRV_PCM_STATE_PREPARED && playable(pcm) > 0) start(pcm, now);
  if (pcm->state == SNDRV_PCM_STATE_RUNNING) {
    if (is_capture(pcm)) pass_time(pcm, now, 1), pcm->trigger_ns = now;
    enter(pcm, !is_capture(pcm) || available(pcm) > 0 ? SNDRV_PCM_STATE_DRAINING : SNDRV_PCM_STATE_SETUP);
  } else if (pcm->state != SNDRV_PCM_STATE_DRAINING) {
    enter(pcm, SNDRV_PCM_STATE_SETUP);
  }
  if (is_nonblocking(pcm->fd)) return -EAGAIN;
  while (pcm->state == SNDRV_PCM_STATE_DRAINING && !is_capture(pcm)) {
    double end = ceil((double)pcm->appl / burst_of(pcm)) * burst_of(pcm);
    int result = sleep_until(pcm, time_at(pcm, end), INT64_MAX);
    if (result < 0) return result;
    pass_time(pcm, monotonic(), 1);
  }
  return pcm->state == SNDRV_PCM_STATE_SUSPENDED ? -ESTRPIPE : 0;
}

// Moving frames.

// When poll or a blocking call will next have something, as far as the clock tells.
static int64_t next_event(const struct pcm *pcm, uint64_t wanted) {
  if (!is_moving(pcm)) return INT64_MAX;
  double burst = burst_of(pcm);
  double target = is_capture(pcm) ? (double)(pcm->appl + wanted)
                                  : (double)pcm->appl + (double)wanted - (double)pcm->buffer;
  double period = (double)pcm->next_period;
  if (target > period) period += ceil((target - period) / pcm->period) * pcm->period;
  return time_at(pcm, ceil(period / burst) * burst);
}

static void copy_frames(struct pcm *pcm, uint8_t *data, uint64_t count) {
  while (count > 0) {
    uint64_t place = pcm->appl % pcm->buffer, some = pcm->buffer - place;
    if (some > count) some = count;
    uint8_t *ring = pcm->ring + place * pcm->frame_bytes;
    if (is_capture(pcm)) memcpy(data, ring, some * pcm->frame_bytes);
    else memcpy(ring, data, some * pcm->frame_bytes);
    data += some * pcm->frame_bytes;
    pcm->appl += some;
    count -= some;
  }
  WORD(pcm, place) = (int64_t)pcm->appl;
}

static int64_t transfer(struct pcm *pcm, uint8_t *data, uint64_t wanted) {
  int error = is_capture(pcm) ? planted(pcm, FIELD_read_error, FIELD_read_errors)
                              : planted(pcm, FIELD_write_error, FIELD_write_errors);
  if (error == -EPIPE && is_moving(pcm)) {
    // A kernel says so of one that has stumbled, and of no other.
    WORD(pcm, xruns)++;
    halt(pcm, SNDRV_PCM_STATE_XRUN, monotonic());
  }
  if (error) return error;
  int64_t now = monotonic();
  pass_time(pcm, now, 1);
  if ((error = refusal(pcm))) return error;
  if (is_capture(pcm) && pcm->state == SNDRV_PCM_STATE_PREPARED && wanted >= pcm->start_threshold &&
      (error = start(pcm, now)) < 0)
    return error;
  uint64_t done = 0;
  int64_t deadline = now + PATIENCE_NS;
  while (done < wanted) {
    int64_t avail = available(pcm);
    if (avail <= 0) {
      if (is_capture(pcm) && pcm->state == SNDRV_PCM_STATE_DRAINING) {
        enter(pcm, SNDRV_PCM_STATE_SETUP);
        return done ? (int64_t)done : -EPIPE;
      }
      if (is_nonblocking(pcm->fd)) return done ? (int64_t)done : -EAGAIN;
      uint64_t rest = wanted - done < pcm->avail_min ? wanted - done : pcm->avail_min;
      error = sleep_until(pcm, next_event(pcm, rest), deadline);
      if (!error) pass_time(pcm, monotonic(), 1), error = refusal(pcm);
      if (error) return done ? (int64_t)done : error;
      continue;
    }
    uint64_t some = wanted - done < (uint64_t)avail ? wanted - done : (uint64_t)avail;
    copy_frames(pcm, data + done * pcm->frame_bytes, some);
    done += some;
    deadline = monotonic() + PATIENCE_NS;
    if (!is_capture(pcm) && pcm->state == SNDRV_PCM_STATE_PREPARED && playable(pcm) >= pcm->start_threshold &&
        (error = start(pcm, now)) < 0)
      return done ? (int64_t)done : error;
  }
  return (int64_t)done;
}

// Reads or writes as its direction is, whatever it was called by.
static int move_frames(struct pcm *pcm, struct snd_xferi *order) {
  order->result = 0;
  if (pcm->state == SNDRV_PCM_STATE_OPEN) return -EBADFD;
  if (pcm->access != SNDRV_PCM_ACCESS_RW_INTERLEAVED) return -EINVAL;
  int64_t count = transfer(pcm, order->buf, order->frames);
  if (count < 0) return (int)count;
  order->result = count;
  return 0;
}

static int rewind_frames(struct pcm *pcm, snd_pcm_uframes_t *frames, int is_forward) {
  pass_time(pcm, monotonic(), 1);
  int error = refusal(pcm);
  if (error) return error;
  if (!is_forward && (pcm->shape->info & SNDRV_PCM_INFO_NO_REWINDS)) return *frames = 0, 0;
  // Back: what is not played yet; for a microphone, what is still in the buffer.
  int64_t most = is_forward ? available(pcm) : (int64_t)pcm->buffer - available(pcm);
  if (most < 0) most = 0;
  if (*frames > (uint64_t)most) *frames = (uint64_t)most;
  pcm->appl += is_forward ? *frames : -*frames;
  if (!is_forward) pcm->card->page[FIELD_rewinds] += (int64_t)*frames;
  return 0;
}

// Positions, told.

static int64_t delay_of(const struct pcm *pcm) {
  int64_t queued = is_capture(pcm) ? 0 : (int64_t)(pcm->queue_ns * pcm->rate / NANO);
  return (is_capture(pcm) ? available(pcm) : (int64_t)playable(pcm)) + queued;
}

static int sync_pointers(struct pcm *pcm, struct snd_pcm_sync_ptr *sync) {
  int64_t now = monotonic();
  pass_time(pcm, now, (sync->flags & SNDRV_PCM_SYNC_PTR_HWSYNC) != 0);
  int error = sync->flags & SNDRV_PCM_SYNC_PTR_HWSYNC ? refusal(pcm) : 0;
  if (error) return error;
  if (sync->flags & SNDRV_PCM_SYNC_PTR_APPL) {
    sync->c.control.appl_ptr = pcm->appl % pcm->boundary;
  } else {
    // The program's pointer wraps; ours does not.
    int64_t step = (int64_t)(sync->c.control.appl_ptr - pcm->appl % pcm->boundary);
    if (step > (int64_t)(pcm->boundary / 2)) step -= (int64_t)pcm->boundary;
    if (step < -(int64_t)(pcm->boundary / 2)) step += (int64_t)pcm->boundary;
    if (step < 0) pcm->card->page[FIELD_rewinds] -= step;
    pcm->appl += (uint64_t)step;
    WORD(pcm, place) = (int64_t)pcm->appl;
  }
  if (sync->flags & SNDRV_PCM_SYNC_PTR_AVAIL_MIN) sync->c.control.avail_min = pcm->avail_min;
  else pcm->avail_min = sync->c.control.avail_min;
  sync->s.status.state = pcm->state;
  sync->s.status.hw_ptr = pcm->hw % pcm->boundary;
  sync->s.status.tstamp = as_timespec(pcm->tstamp_ns);
  sync->s.status.suspended_state = pcm->suspended_state;
  if (pcm->rate) sync->s.status.audio_tstamp = as_timespec((int64_t)((double)pcm->hw / pcm->rate * NANO));
  return 0;
}

static int tell(struct pcm *pcm, struct snd_pcm_status *status) {
  int64_t now = monotonic();
  if (pcm->rate) pass_time(pcm, now, 1);
  memset(status, 0, sizeof *status);
  status->state = pcm->state;
  status->suspended_state = pcm->suspended_state;
  if (pcm->state == SNDRV_PCM_STATE_OPEN) return 0;
  status->trigger_tstamp = as_timespec(pcm->trigger_ns);
  status->tstamp = as_timespec(is_moving(pcm) && pcm->tstamp_mode ? pcm->tstamp_ns : now);
  status->driver_tstamp = status->tstamp;
  status->audio_tstamp = as_timespec((int64_t)((double)pcm->hw / pcm->rate * NANO));
  status->appl_ptr = pcm->appl % pcm->boundary;
  status->hw_ptr = pcm->hw % pcm->boundary;
  int64_t avail = available(pcm);
  status->avail = avail > 0 ? (uint64_t)avail : 0;
  status->avail_max = (uint64_t)(pcm->avail_max > avail ? pcm->avail_max : avail);
  pcm->avail_max = 0;
  status->delay = delay_of(pcm);
  return 0;
}

static int introduce(struct pcm *pcm, struct snd_pcm_info *info) {
  memset(info, 0, sizeof *info);
  info->card = (int)pcm->card->page[FIELD_number];
  info->device = (unsigned)pcm->shape->device;
  info->stream = pcm->shape->direction;
  snprintf((char *)info->id, sizeof info->id, "%s", pcm->shape->id);
  snprintf((char *)info->name, sizeof info->name, "%s", pcm->shape->name);
  snprintf((char *)info->subname, sizeof info->subname, "subdevice #0");
  info->subdevices_count = 1;
  return 0;
}

static int link_with(struct pcm *pcm, int other_fd) {
  struct pcm *other = pcm_of(other_fd);
  if (!other || other == pcm) return -EBADFD;
  if (other->linked) return -EALREADY;
  if (!pcm->linked) pcm->linked = pcm;
  other->linked = pcm->linked;
  pcm->linked = other;
  return 0;
}

short pcm_poll(struct pcm *pcm, int64_t *wake) {
  if (is_gone(pcm)) return POLLERR | POLLNVAL;
  short ready = is_capture(pcm) ? POLLIN | POLLRDNORM : POLLOUT | POLLWRNORM;
  int64_t now = monotonic();
  if (pcm->rate) pass_time(pcm, now, 0);
  switch (pcm->state) {
    case SNDRV_PCM_STATE_RUNNING:
    case SNDRV_PCM_STATE_PREPARED:
    case SNDRV_PCM_STATE_PAUSED:
      if (available(pcm) >= (int64_t)pcm->avail_min) return ready;
      break;
    case SNDRV_PCM_STATE_DRAINING:
      if (is_capture(pcm)) return ready;
      break;
    default: return ready | POLLERR;
  }
  *wake = next_event(pcm, pcm->avail_min);
  return 0;
}

static int delay_told(struct pcm *pcm, snd_pcm_sframes_t *delay) {
  pass_time(pcm, monotonic(), 1);
  int error = refusal(pcm);
  if (error) return error;
  *delay = delay_of(pcm);
  return 0;
}

static int hardware_sync(struct pcm *pcm) {
  pass_time(pcm, monotonic(), 1);
  return refusal(pcm);
}

int pcm_ioctl(struct pcm *pcm, unsigned long command, void *argument) {
  if (is_gone(pcm)) return -ENODEV;
  int64_t now = monotonic();
  if (pcm->rate) pass_time(pcm, now, 0);
  switch ((uint32_t)command) {
    case (uint32_t)SNDRV_PCM_IOCTL_PVERSION: return *(int *)argument = SNDRV_PCM_VERSION, 0;
    case (uint32_t)SNDRV_PCM_IOCTL_INFO: return introduce(pcm, argument);
    case (uint32_t)SNDRV_PCM_IOCTL_TSTAMP:
    case (uint32_t)SNDRV_PCM_IOCTL_TTSTAMP:
    case (uint32_t)SNDRV_PCM_IOCTL_USER_PVERSION: return 0;
    case (uint32_t)SNDRV_PCM_IOCTL_HW_REFINE: return refine(pcm->shape, argument);
    case (uint32_t)SNDRV_PCM_IOCTL_HW_PARAMS: return set_hardware(pcm, argument);
    case (uint32_t)SNDRV_PCM_IOCTL_HW_FREE:
      if (is_moving(pcm)) return -EBADFD;
      free_setup(pcm);
      return enter(pcm, SNDRV_PCM_STATE_OPEN), 0;
    case (uint32_t)SNDRV_PCM_IOCTL_SW_PARAMS: return set_software(pcm, argument);
    case (uint32_t)SNDRV_PCM_IOCTL_STATUS:
    case (uint32_t)SNDRV_PCM_IOCTL_STATUS_EXT: return tell(pcm, argument);
    case (uint32_t)SNDRV_PCM_IOCTL_DELAY: return delay_told(pcm, argument);
    case (uint32_t)SNDRV_PCM_IOCTL_HWSYNC: return hardware_sync(pcm);
    case (uint32_t)SNDRV_PCM_IOCTL_SYNC_PTR: return sync_pointers(pcm, argument);
    case (uint32_t)SNDRV_PCM_IOCTL_CHANNEL_INFO: {
      struct snd_pcm_channel_info *info = argument;
      if (info->channel >= pcm->channels) return -EINVAL;
      info->offset = 0;
      info->first = info->channel * pcm->sample_bytes * 8;
      info->step = pcm->frame_bytes * 8;
      return 0;
    }
    case (uint32_t)SNDRV_PCM_IOCTL_PREPARE: return with_group(pcm, prepare_one, now);
    case (uint32_t)SNDRV_PCM_IOCTL_RESET: return pcm->appl = pcm->hw, 0;
    case (uint32_t)SNDRV_PCM_IOCTL_START: return start(pcm, now);
    case (uint32_t)SNDRV_PCM_IOCTL_DROP:
      if (pcm->rate) pass_time(pcm, now, 1);
      return with_group(pcm, drop_one, now);
    case (uint32_t)SNDRV_PCM_IOCTL_DRAIN: return drain(pcm, now);
    case (uint32_t)SNDRV_PCM_IOCTL_PAUSE: return set_pause(pcm, (int)(intptr_t)argument, now);
    case (uint32_t)SNDRV_PCM_IOCTL_RESUME: return resume(pcm, now);
    case (uint32_t)SNDRV_PCM_IOCTL_XRUN:
      if (pcm->state == SNDRV_PCM_STATE_RUNNING) halt(pcm, SNDRV_PCM_STATE_XRUN, now);
      return refusal(pcm) == -EPIPE ? 0 : refusal(pcm);
    case (uint32_t)SNDRV_PCM_IOCTL_REWIND: return rewind_frames(pcm, argument, 0);
    case (uint32_t)SNDRV_PCM_IOCTL_FORWARD: return rewind_frames(pcm, argument, 1);
    case (uint32_t)SNDRV_PCM_IOCTL_WRITEI_FRAMES:
    case (uint32_t)SNDRV_PCM_IOCTL_READI_FRAMES: return move_frames(pcm, argument);
    case (uint32_t)SNDRV_PCM_IOCTL_LINK: return link_with(pcm, (int)(intptr_t)argument);
    case (uint32_t)SNDRV_PCM_IOCTL_UNLINK: return unlink_from_group(pcm);
  }
  return -ENOTTY;
}
