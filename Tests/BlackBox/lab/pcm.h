// What the two halves of a PCM share: its clock (clock.c) and what programs ask of it (pcm.c).
#ifndef LAB_PCM_H
#define LAB_PCM_H
#include "lab.h"

static inline int is_capture(const struct pcm *pcm) { return pcm->shape->direction == SNDRV_PCM_STREAM_CAPTURE; }
static inline volatile int64_t *word(const struct pcm *pcm, enum field playback, enum field capture) {
  return &pcm->card->page[is_capture(pcm) ? capture : playback];
}
#define WORD(pcm, name) (*word(pcm, FIELD_playback_##name, FIELD_capture_##name))

static inline int is_gone(const struct pcm *pcm) { return pcm->epoch != pcm->card->page[FIELD_epoch]; }
static inline int is_moving(const struct pcm *pcm) {
  // A microphone that drains has stopped: what it heard is left to be read.
  return pcm->state == SNDRV_PCM_STATE_RUNNING || (pcm->state == SNDRV_PCM_STATE_DRAINING && !is_capture(pcm));
}

static inline uint64_t playable(const struct pcm *pcm) { return pcm->appl - pcm->hw; }  // kernel: hw_avail
static inline int64_t available(const struct pcm *pcm) {
  return is_capture(pcm) ? (int64_t)(pcm->hw - pcm->appl)
                         : (int64_t)pcm->buffer - (int64_t)(pcm->appl - pcm->hw);
}

void enter(struct pcm *, int state);
double pace_of(const struct pcm *);
int64_t time_at(const struct pcm *, double frames);
double burst_of(const struct pcm *);
void plan_transfers(struct pcm *);
void halt(struct pcm *, int state, int64_t now);
void pass_time(struct pcm *, int64_t now, int exactly);

#endif
