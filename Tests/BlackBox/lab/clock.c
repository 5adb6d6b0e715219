// A card's clock, and what it brings.
//
// Nothing happens between calls. Each call first lets pass what time has brought: the ends of periods
// in their order, with what an interrupt would have done at each, and then, where the kernel asks the
// card, the position of this very moment.
#include "pcm.h"
#include <math.h>

// At least half of the width of what interpolates in the air, at a third of the rate.
#define FETCHED_FRAMES 32

void enter(struct pcm *pcm, int state) {
  pcm->state = state;
  WORD(pcm, state) = state;
}

double pace_of(const struct pcm *pcm) {
  if (WORD(pcm, stuck)) return 0;
  double rate = WORD(pcm, rate) ? WORD(pcm, rate) / 1000.0 : pcm->rate;
  return rate * (1 + WORD(pcm, ppb) * 1e-9);
}

// Where the card's clock stands, in frames.
static double frames_at(const struct pcm *pcm, int64_t now) {
  return pcm->base_frames + (now - pcm->base_ns) * pcm->pace / NANO;
}

int64_t time_at(const struct pcm *pcm, double frames) {
  if (pcm->pace <= 0) return INT64_MAX;
  return pcm->base_ns + (int64_t)ceil((frames - pcm->base_frames) * NANO / pcm->pace);
}

static void set_base(struct pcm *pcm, int64_t now) {
  pcm->base_frames = frames_at(pcm, now);
  pcm->base_ns = now;
  pcm->pace = pace_of(pcm);
  air_start(pcm);
}

// Positions advance in bursts: a transfer's worth.
double burst_of(const struct pcm *pcm) { return pcm->burst; }

// What snd-usb-audio makes of a loudspeaker's period and buffer at full speed, a packet a millisecond:
// transfers of up to six packets that end with a period, and as many of them under way as there are in
// the buffer, twelve or 18 ms at most. What is in them is out of the program's reach.
static void plan_urbs(struct pcm *pcm) {
  unsigned packets = (pcm->period * 1000 + pcm->rate - 1) / pcm->rate;
  unsigned in_period = (packets + 5) / 6, in_urb = (packets + in_period - 1) / in_period;
  unsigned count = in_period * (pcm->buffer / pcm->period);
  if (count > 12) count = 12;
  if (count > 18 / in_urb) count = 18 / in_urb;
  pcm->burst = ceil((double)pcm->period / in_period);
  pcm->queue_ns = count * pcm->burst * NANO / pcm->rate;
}

void plan_transfers(struct pcm *pcm) {
  pcm->burst = fmax(1, floor(pcm->shape->burst_ns * pcm->rate / NANO));
  pcm->queue_ns = pcm->shape->queue_ns;
  if (pcm->shape->urbs && !is_capture(pcm)) plan_urbs(pcm);
}

static void move_to(struct pcm *pcm, uint64_t hw, int64_t now) {
  if (hw > pcm->moved) {
    // What is older than the buffer was overwritten before anybody could see it.
    uint64_t from = hw - pcm->moved > pcm->buffer ? hw - pcm->buffer : pcm->moved;
    if (is_capture(pcm)) play_all(monotonic()), air_hear(pcm, from, hw);
    else air_play(pcm, from, hw);
    pcm->moved = hw;
  }
  WORD(pcm, frames) += (int64_t)(hw - pcm->hw);
  pcm->hw = hw;
  pcm->tstamp_ns = now;
}

void halt(struct pcm *pcm, int state, int64_t now) {
  for (struct pcm *each = pcm;;) {
    if (is_moving(each)) {
      each->trigger_ns = now;
      enter(each, state);
    }
    each = each->linked;
    if (!each || each == pcm) break;
  }
}

static void judge(struct pcm *pcm, int64_t now) {
  int64_t avail = available(pcm);
  if (avail > pcm->avail_max) pcm->avail_max = avail;
  if (pcm->state == SNDRV_PCM_STATE_DRAINING) {
    if (!is_capture(pcm) && avail >= (int64_t)pcm->buffer) halt(pcm, SNDRV_PCM_STATE_SETUP, now);
  } else if (avail >= (int64_t)pcm->stop_threshold) {
    WORD(pcm, xruns)++;
    halt(pcm, SNDRV_PCM_STATE_XRUN, now);
  }
}

// Lets pass what time has brought. `exactly` asks the card where it stands now.
void pass_time(struct pcm *pcm, int64_t now, int exactly) {
  if (pcm->suspends != pcm->card->page[FIELD_suspends]) {
    pcm->suspends = pcm->card->page[FIELD_suspends];
    if (pcm->state != SNDRV_PCM_STATE_OPEN && pcm->state != SNDRV_PCM_STATE_SETUP &&
        pcm->state != SNDRV_PCM_STATE_SUSPENDED) {
      pcm->suspended_state = pcm->state;
      pcm->trigger_ns = now;
      enter(pcm, SNDRV_PCM_STATE_SUSPENDED);
    }
  }
  if (!is_moving(pcm)) return;
  double burst = burst_of(pcm);
  double at = floor(frames_at(pcm, now) / burst) * burst;
  // Asleep for longer than some buffers: what lies in between leaves no trace but a stumble.
  while (is_moving(pcm) && pcm->next_period <= at) {
    int64_t moment = time_at(pcm, ceil(pcm->next_period / burst) * burst);
    uint64_t next = pcm->next_period;
    if (at - next > 4.0 * pcm->buffer) {
      next += (uint64_t)((at - next - 2.0 * pcm->buffer) / pcm->period) * pcm->period;
      moment = now;
    }
    pcm->next_period = next + pcm->period;
    if (moment > now) moment = now;
    if (next > pcm->hw) move_to(pcm, next, moment);
    judge(pcm, moment);
  }
  if (is_moving(pcm) && exactly) {
    pcm->tstamp_ns = now;
    if (at > pcm->hw) {
      move_to(pcm, (uint64_t)at, now);
      judge(pcm, now);
    }
  }
  if (is_moving(pcm) && pace_of(pcm) != pcm->pace) set_base(pcm, now);
}

// Sounds that were played by now, though the kernel has not asked for the position yet: a microphone of
// this process is about to hear them. A converter fetches a little ahead of what it plays.
void play_until(struct pcm *pcm, int64_t now) {
  if (is_capture(pcm) || is_gone(pcm) || !is_moving(pcm)) return;
  pass_time(pcm, now, 0);
  if (!is_moving(pcm)) return;
  uint64_t at = (uint64_t)frames_at(pcm, now), ahead = at + FETCHED_FRAMES;
  if (ahead > pcm->appl) ahead = at > pcm->appl ? at : pcm->appl;
  if (ahead <= pcm->moved) return;
  air_play(pcm, ahead - pcm->moved > pcm->buffer ? ahead - pcm->buffer : pcm->moved, ahead);
  pcm->moved = ahead;
}
