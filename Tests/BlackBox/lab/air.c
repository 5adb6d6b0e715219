// The air between loudspeakers and microphones, and a diary of both.
//
// What a loudspeaker plays is kept at its own rate, in spells: from this moment on, that many frames a
// second. A microphone asks what was in the air at the moment of each of its own samples, so that two
// clocks meet here as they do in a room, and a delay is exact to a fraction of a sample.
#include "lab.h"
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HALF = 8, PHASES = 256, TALKERS = 8, WORDS_OF_TALKER = 8, CHUNK = 512 };
// Between two spells: longer than the interpolator is wide.
#define GAP 64
static float kernel[HALF * PHASES + 2];

static double bessel(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 40; k++) sum += term *= (x / (2 * k)) * (x / (2 * k));
  return sum;
}

__attribute__((constructor)) static void prepare_kernel(void) {
  for (int index = 0; index <= HALF * PHASES; index++) {
    double x = (double)index / PHASES, edge = x / HALF;
    double window = bessel(8 * sqrt(fmax(0, 1 - edge * edge))) / bessel(8);
    kernel[index] = (float)((index ? sin(M_PI * x) / (M_PI * x) : 1) * window);
  }
}

static float weight(double x) {
  double at = fabs(x) * PHASES;
  int index = (int)at;
  if (index >= HALF * PHASES) return 0;
  float part = (float)(at - index);
  return kernel[index] + part * (kernel[index + 1] - kernel[index]);
}

struct air *air_of(const char *card, int device) {
  char path[2 * PLACE_LENGTH];
  snprintf(path, sizeof path, "%s/cards/%s/air.%d", lab_world, card, device);
  return shared_file(path, sizeof(struct air));
}

static double air_at(const struct air *air, double position, double cutoff) {
  double reach = HALF / cutoff, sum = 0;
  int64_t first = (int64_t)ceil(position - reach), last = (int64_t)floor(position + reach);
  for (int64_t index = first < 0 ? 0 : first; index <= last; index++)
    sum += air->sample[index & (AIR_SAMPLES - 1)] * weight((index - position) * cutoff);
  return sum * cutoff;
}

// Adds what was in the air at the moments start, start + step, ...
static void add_air(const struct air *air, float *sound, int count, double start, double step, double delay,
                    double gain, double clip, double rate) {
  uint64_t newest = air->spells;
  if (newest == 0) return;
  for (int index = 0; index < count; index++) {
    double moment = start + index * step - delay;
    uint64_t place = newest;
    while (place > 0 && newest - place < AIR_SPELLS - 1 && air->spell[(place - 1) % AIR_SPELLS].start_ns > moment)
      place--;
    if (place == 0) continue;
    const struct spell *spell = &air->spell[(place - 1) % AIR_SPELLS];
    if (spell->rate <= 0 || spell->start_ns > moment) continue;
    double position = spell->first + (moment - (double)spell->start_ns) * spell->rate / NANO;
    if (place < newest && position >= air->spell[place % AIR_SPELLS].first) continue;
    if (position >= (double)air->written || position + AIR_SAMPLES / 2 < (double)air->written) continue;
    double value = air_at(air, position, rate < spell->rate ? rate / spell->rate : 1);
    if (clip > 0) value = fmax(-clip, fmin(clip, value));
    sound[index] += (float)(gain * value);
  }
}

// Who talks: words in `room`, sound in `say.SERIAL`.
struct talk { int64_t serial; const int16_t *sound; size_t bytes; };

static void add_talk(float *sound, int count, double start, double step, double rate) {
  static volatile int64_t *room;
  static struct talk talks[TALKERS];
  if (!room) {
    char path[2 * PLACE_LENGTH];
    snprintf(path, sizeof path, "%s/room", lab_world);
    room = shared_file(path, TALKERS * WORDS_OF_TALKER * sizeof(int64_t));
    if (!room) return;
  }
  for (int place = 0; place < TALKERS; place++) {
    volatile int64_t *words = room + place * WORDS_OF_TALKER;
    struct talk *talk = &talks[place];
    int64_t frames = words[2];
    if (words[0] == 0) continue;
    if (words[0] != talk->serial) {
      char path[2 * PLACE_LENGTH];
      if (talk->sound) munmap((void *)talk->sound, talk->bytes);
      talk->serial = words[0];
      talk->bytes = (size_t)frames * sizeof(int16_t);
      snprintf(path, sizeof path, "%s/say.%lld", lab_world, (long long)talk->serial);
      talk->sound = shared_file(path, talk->bytes);
    }
    double pace = words[3] / 1000.0, gain = pow(10, words[4] / 2000.0) / 32768, cutoff = rate < pace ? rate / pace : 1;
    for (int index = 0; talk->sound && index < count; index++) {
      double position = (start + index * step - (double)words[1]) * pace / NANO, reach = HALF / cutoff, sum = 0;
      if (position < -reach || position > (double)frames + reach) continue;
      int64_t first = (int64_t)ceil(position - reach), last = (int64_t)floor(position + reach);
      for (int64_t at = first < 0 ? 0 : first; at <= last && at < frames; at++)
        sum += talk->sound[at] * weight((at - position) * cutoff);
      sound[index] += (float)(gain * cutoff * sum);
    }
  }
}

static void add_noise(struct pcm *pcm, float *sound, int count, double level) {
  // The sum of four even ones between -1 and 1 has a variance of four thirds.
  float scale = (float)(level * sqrt(0.75) / 2147483648.0);
  uint32_t seed = pcm->noise_seed;
  for (int index = 0; index < count; index++) {
    float sum = 0;
    for (int part = 0; part < 4; part++) {
      seed ^= seed << 13, seed ^= seed >> 17, seed ^= seed << 5;
      sum += (float)(int32_t)seed;
    }
    sound[index] += scale * sum;
  }
  pcm->noise_seed = seed;
}

static void store(uint8_t *place, int format, double value) {
  double limited = fmax(-1, fmin(value, 1));
  if (format == SNDRV_PCM_FORMAT_U8) {
    *place = (uint8_t)(lrint(fmin(limited * 128, 127)) + 128);
  } else if (format == SNDRV_PCM_FORMAT_S16_LE) {
    int16_t sample = (int16_t)lrint(fmin(limited * 32768, 32767));
    memcpy(place, &sample, 2);
  } else if (format == SNDRV_PCM_FORMAT_FLOAT_LE) {
    float sample = (float)value;
    memcpy(place, &sample, 4);
  } else {
    int32_t sample = (int32_t)llrint(fmin(limited * 2147483648.0, 2147483392.0));
    if (format != SNDRV_PCM_FORMAT_S32_LE) sample >>= 8;
    memcpy(place, &sample, format == SNDRV_PCM_FORMAT_S24_3LE ? 3 : 4);
  }
}

static double load(const uint8_t *place, int format) {
  int32_t sample = 0;
  switch (format) {
    case SNDRV_PCM_FORMAT_U8: return (*place - 128) / 128.0;
    case SNDRV_PCM_FORMAT_S16_LE: return (int16_t)(place[0] | place[1] << 8) / 32768.0;
    case SNDRV_PCM_FORMAT_FLOAT_LE: {
      float value;
      memcpy(&value, place, 4);
      return value;
    }
    case SNDRV_PCM_FORMAT_S32_LE: memcpy(&sample, place, 4); return sample / 2147483648.0;
    default: memcpy(&sample, place, 3); return (int32_t)((uint32_t)sample << 8) / 2147483648.0;
  }
}

static void note(struct pcm *pcm, const char *name, const char *text) {
  char path[2 * PLACE_LENGTH];
  snprintf(path, sizeof path, "%s/%s.log", pcm->card->folder, name);
  int fd = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (fd < 0) return;
  if (real_write(fd, text, strlen(text)) < 0) lab_complain("cannot write %s", path);
  real_close(fd);
}

static int is_loudspeaker(const struct pcm *pcm) { return pcm->shape->direction == SNDRV_PCM_STREAM_PLAYBACK; }

// A diary line: run, first frame of the run's file, monotonic nanoseconds, frames a second, channels.
static void write_diary(struct pcm *pcm) {
  char line[160];
  volatile int64_t *page = pcm->card->page;
  if (pcm->log_number < 0) {
    pcm->log_number = (int)(is_loudspeaker(pcm) ? page[FIELD_playback_runs]++ : page[FIELD_capture_runs]++);
    pcm->log_frames = 0;
    if (is_loudspeaker(pcm) && !page[FIELD_log_off]) {
      char path[2 * PLACE_LENGTH];
      snprintf(path, sizeof path, "%s/played.%d.raw", pcm->card->folder, pcm->log_number);
      pcm->log_fd = real_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }
  }
  double ahead = pcm->base_frames - (double)pcm->moved;
  double queue = is_loudspeaker(pcm) ? pcm->queue_ns : 0;
  snprintf(line, sizeof line, "%d %.6f %lld %.6f %u %u\n", pcm->log_number, (double)pcm->log_frames + ahead,
           (long long)(pcm->base_ns + (int64_t)queue), pcm->pace, pcm->rate, pcm->channels);
  note(pcm, is_loudspeaker(pcm) ? "played" : "heard", line);
}

// The PCM's clock has a new base: a start, or another pace.
void air_start(struct pcm *pcm) {
  write_diary(pcm);
  if (!is_loudspeaker(pcm)) return;
  if (!pcm->air) pcm->air = air_of(pcm->card->name, pcm->shape->device);
  struct air *air = pcm->air;
  if (!air) return;
  if ((int64_t)air->written != pcm->air_offset + (int64_t)pcm->moved) {
    for (int index = 0; index < GAP; index++) air->sample[(air->written + (unsigned)index) & (AIR_SAMPLES - 1)] = 0;
    air->written += GAP;
    pcm->air_offset = (int64_t)air->written - (int64_t)pcm->moved;
  }
  air->spell[air->spells % AIR_SPELLS] = (struct spell){
      .start_ns = pcm->base_ns + (int64_t)pcm->queue_ns,
      .first = pcm->base_frames + (double)pcm->air_offset,
      .rate = pcm->pace};
  __sync_synchronize();
  air->spells++;
}

void air_play(struct pcm *pcm, uint64_t from, uint64_t to) {
  int16_t diary[CHUNK * MOST_CHANNELS];
  double volume = element_gain(pcm->card, SNDRV_PCM_STREAM_PLAYBACK) / pcm->channels;
  int fills = pcm->state == SNDRV_PCM_STATE_DRAINING || pcm->silence_size > 0;
  uint64_t skipped = from - pcm->moved;
  if (pcm->air) pcm->air_offset -= (int64_t)skipped;
  while (from < to) {
    int count = to - from < CHUNK ? (int)(to - from) : CHUNK;
    for (int index = 0; index < count; index++, from++) {
      const uint8_t *frame = pcm->ring + from % pcm->buffer * pcm->frame_bytes;
      double sum = 0;
      for (unsigned channel = 0; channel < pcm->channels; channel++) {
        double value = fills && from >= pcm->appl ? 0 : load(frame + channel * pcm->sample_bytes, pcm->format);
        sum += value;
        if (channel < MOST_CHANNELS)
          store((uint8_t *)&diary[(unsigned)index * pcm->channels + channel], SNDRV_PCM_FORMAT_S16_LE, value);
      }
      if (pcm->air) pcm->air->sample[(from + (uint64_t)pcm->air_offset) & (AIR_SAMPLES - 1)] = (float)(sum * volume);
    }
    if (pcm->air) {
      __sync_synchronize();
      pcm->air->written = from + (uint64_t)pcm->air_offset;
    }
    size_t bytes = (size_t)count * pcm->channels * sizeof *diary;
    if (pcm->log_fd >= 0 && real_write(pcm->log_fd, diary, bytes) != (ssize_t)bytes) lab_complain("the diary is cut short");
    pcm->log_frames += (uint64_t)count;
  }
}

static void hear_sources(struct pcm *pcm, float *sound, int count, double start, double step, double rate) {
  volatile int64_t *page = pcm->card->page;
  if (page[FIELD_echo_off]) return;
  double louder = pow(10, page[FIELD_echo_gain] / 2000.0);
  for (int index = 0; index < pcm->shape->source_count; index++) {
    struct source *source = &pcm->shape->sources[index];
    if (!source->air) source->air = air_of(source->card, source->device);
    double clip = page[FIELD_echo_clip] ? page[FIELD_echo_clip] / 32768.0 : source->clip;
    double delay = source->delay_ns + (double)page[FIELD_echo_delay];
    if (source->air) add_air(source->air, sound, count, start, step, delay, source->gain * louder, clip, rate);
  }
}

void air_hear(struct pcm *pcm, uint64_t from, uint64_t to) {
  float room[CHUNK], loop[CHUNK], noise[CHUNK];
  volatile int64_t *page = pcm->card->page;
  struct shape *shape = pcm->shape;
  double rate = pcm->pace > 0 ? pcm->pace : pcm->rate, step = NANO / rate;
  double gain = pow(10, page[FIELD_mic_gain] / 2000.0) * element_gain(pcm->card, SNDRV_PCM_STREAM_CAPTURE);
  double level = pow(10, (page[FIELD_noise] ? page[FIELD_noise] / 100.0 : shape->noise_db) / 20);
  double clip = page[FIELD_mic_clip] ? page[FIELD_mic_clip] / 32768.0 : 1;
  int has_loop = 0;
  for (unsigned channel = 0; channel < pcm->channels; channel++) has_loop |= shape->ears[channel] == EAR_LOOPBACK;
  pcm->log_frames += to - pcm->moved;
  while (from < to) {
    int count = to - from < CHUNK ? (int)(to - from) : CHUNK;
    double start = (double)pcm->base_ns + ((double)from - pcm->base_frames) * step;
    memset(room, 0, sizeof room);
    memset(loop, 0, sizeof loop);
    if (!page[FIELD_mic_silent]) {
      add_talk(room, count, start, step, rate);
      hear_sources(pcm, room, count, start, step, rate);
    }
    if (has_loop) {
      if (!pcm->air) pcm->air = air_of(pcm->card->name, 0);
      if (pcm->air) add_air(pcm->air, loop, count, start, step, 0, 1, 0, rate);
    }
    for (unsigned channel = 0; channel < pcm->channels; channel++) {
      unsigned ear = page[FIELD_mic_swap] && channel < 2 ? channel ^ 1 : channel;
      enum ear kind = ear < MOST_CHANNELS ? shape->ears[ear] : EAR_NONE;
      double scale = ear < MOST_CHANNELS ? shape->ear_gains[ear] : 0;
      memset(noise, 0, sizeof noise);
      if (!page[FIELD_mic_silent] && kind == EAR_ROOM && level > 1e-9) add_noise(pcm, noise, count, level);
      for (int index = 0; index < count; index++) {
        double value = kind == EAR_LOOPBACK ? loop[index] * scale
                       : kind == EAR_ROOM   ? (room[index] + noise[index]) * scale * gain
                                            : 0;
        if (kind == EAR_ROOM) value = fmax(-clip, fmin(clip, value)) + page[FIELD_mic_offset] / 32768.0;
        if (page[FIELD_mic_dead] >> channel & 1) value = 0;
        store(pcm->ring + (from + (uint64_t)index) % pcm->buffer * pcm->frame_bytes + channel * pcm->sample_bytes,
              pcm->format, value);
      }
    }
    from += (uint64_t)count;
  }
}
