// A card's description and its page, and what /proc says of it: files in the world's folder, written
// by cards.py.
#include "lab.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct { const char *name; int format; unsigned bytes; } formats[] = {
    {"U8", SNDRV_PCM_FORMAT_U8, 1},           {"S16_LE", SNDRV_PCM_FORMAT_S16_LE, 2},   {"S24_LE", SNDRV_PCM_FORMAT_S24_LE, 4},
    {"S24_3LE", SNDRV_PCM_FORMAT_S24_3LE, 3}, {"S32_LE", SNDRV_PCM_FORMAT_S32_LE, 4},
    {"FLOAT_LE", SNDRV_PCM_FORMAT_FLOAT_LE, 4}};

unsigned format_bytes(int format) {
  for (unsigned index = 0; index < sizeof formats / sizeof *formats; index++)
    if (formats[index].format == format) return formats[index].bytes;
  return 0;
}

static uint64_t format_mask(const char *names) {
  uint64_t mask = 0;
  char name[16];
  int length;
  for (; sscanf(names, " %15s%n", name, &length) == 1; names += length) {
    unsigned index = 0;
    while (index < sizeof formats / sizeof *formats && strcmp(formats[index].name, name)) index++;
    if (index == sizeof formats / sizeof *formats) lab_complain("unknown format %s", name);
    else mask |= 1ull << formats[index].format;
  }
  return mask;
}

void *shared_file(const char *path, size_t bytes) {
  int fd = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return NULL;
  void *place = MAP_FAILED;
  if (lseek(fd, 0, SEEK_END) >= (off_t)bytes || ftruncate(fd, (off_t)bytes) == 0)
    place = real_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  real_close(fd);
  return place == MAP_FAILED ? NULL : place;
}

volatile int64_t *page_at(const char *folder) {
  char path[PLACE_LENGTH + 16];
  snprintf(path, sizeof path, "%s/page", folder);
  return shared_file(path, WORDS_OF_PAGE * sizeof(int64_t));
}

static void describe_ears(struct shape *shape, const char *text) {
  char word[32];
  int length, index = 0;
  for (; index < MOST_CHANNELS && sscanf(text, " %31s%n", word, &length) == 1; text += length, index++) {
    shape->ears[index] = !strncmp(word, "loopback", 8) ? EAR_LOOPBACK
                         : !strncmp(word, "none", 4)   ? EAR_NONE
                                                       : EAR_ROOM;
    char *gain = strchr(word, ':');
    shape->ear_gains[index] = gain ? atof(gain + 1) : 1;
  }
}

static void describe_source(struct shape *shape, const char *text) {
  if (shape->source_count == MOST_SOURCES) return;
  struct source *source = &shape->sources[shape->source_count];
  if (sscanf(text, "%31s %d %lf %lf %lf", source->card, &source->device, &source->delay_ns, &source->gain,
             &source->clip) == 5)
    shape->source_count++;
}

static void describe_shape(struct shape *shape, const char *key, const char *rest) {
  int length;
  if (!strcmp(key, "pcm_id")) snprintf(shape->id, sizeof shape->id, "%s", rest);
  else if (!strcmp(key, "pcm_name")) snprintf(shape->name, sizeof shape->name, "%s", rest);
  else if (!strcmp(key, "rates"))
    for (; shape->rate_count < MOST_RATES && sscanf(rest, "%u%n", &shape->rates[shape->rate_count], &length) == 1;
         rest += length)
      shape->rate_count++;
  else if (!strcmp(key, "rate_range")) sscanf(rest, "%u %u", &shape->rate_min, &shape->rate_max);
  else if (!strcmp(key, "channels")) {
    sscanf(rest, "%u %u", &shape->channels_min, &shape->channels_max);
    if (shape->channels_max > MOST_CHANNELS) shape->channels_max = MOST_CHANNELS;
  } else if (!strcmp(key, "formats")) shape->formats = format_mask(rest);
  else if (!strcmp(key, "period")) sscanf(rest, "%u %u", &shape->period_min, &shape->period_max);
  else if (!strcmp(key, "periods")) sscanf(rest, "%u %u", &shape->periods_min, &shape->periods_max);
  else if (!strcmp(key, "buffer")) sscanf(rest, "%u %u", &shape->buffer_min, &shape->buffer_max);
  else if (!strcmp(key, "bytes"))
    sscanf(rest, "%u %u %u", &shape->period_bytes_min, &shape->period_bytes_max, &shape->buffer_bytes_max);
  else if (!strcmp(key, "period_us")) sscanf(rest, "%u", &shape->period_time_min);
  else if (!strcmp(key, "broken_periods")) sscanf(rest, "%u", &shape->broken_periods);
  else if (!strcmp(key, "info")) shape->info = strtoul(rest, NULL, 0);
  else if (!strcmp(key, "burst_ns")) shape->burst_ns = atof(rest);
  else if (!strcmp(key, "queue_ns")) shape->queue_ns = atof(rest);
  else if (!strcmp(key, "urbs")) sscanf(rest, "%u", &shape->urbs);
  else if (!strcmp(key, "noise")) shape->noise_db = atof(rest);
  else if (!strcmp(key, "ears")) describe_ears(shape, rest);
  else if (!strcmp(key, "hears")) describe_source(shape, rest);
  else lab_complain("unknown key %s of a pcm", key);
}

static void describe_element(struct element *element, const char *key, const char *rest) {
  if (!strcmp(key, "type")) sscanf(rest, "%d", &element->type);
  else if (!strcmp(key, "count")) sscanf(rest, "%d", &element->count);
  else if (!strcmp(key, "range")) sscanf(rest, "%ld %ld %ld", &element->min, &element->max, &element->step);
  else if (!strcmp(key, "access")) element->access = strtol(rest, NULL, 0);
  else if (!strcmp(key, "iface")) sscanf(rest, "%d", &element->iface);
  else if (!strcmp(key, "db"))
    element->has_db = sscanf(rest, "%d %d %d %d", &element->db_min, &element->db_step, &element->mutes,
                             &element->is_minmax) == 4;
  else if (!strcmp(key, "item") && element->item_count < 8)
    snprintf(element->items[element->item_count++], sizeof element->items[0], "%s", rest);
  else lab_complain("unknown key %s of an element", key);
}

static void describe_card(struct card *card, const char *key, const char *rest) {
  if (!strcmp(key, "id")) snprintf(card->id, sizeof card->id, "%s", rest);
  else if (!strcmp(key, "driver")) snprintf(card->driver, sizeof card->driver, "%s", rest);
  else if (!strcmp(key, "name")) snprintf(card->short_name, sizeof card->short_name, "%s", rest);
  else if (!strcmp(key, "long_name")) snprintf(card->long_name, sizeof card->long_name, "%s", rest);
  else if (!strcmp(key, "mixer")) snprintf(card->mixer, sizeof card->mixer, "%s", rest);
  else if (!strcmp(key, "components")) snprintf(card->components, sizeof card->components, "%s", rest);
  else lab_complain("unknown key %s of a card", key);
}

// Lines of `key rest`; those after `pcm` or `element` are about it.
static void describe(struct card *card, FILE *file) {
  char line[512], key[64];
  struct shape *shape = NULL;
  struct element *element = NULL;
  while (fgets(line, sizeof line, file)) {
    int length = 0;
    line[strcspn(line, "\n")] = 0;
    if (sscanf(line, " %63s %n", key, &length) != 1) continue;
    const char *rest = line + (length ? length : (int)strlen(line));
    if (!strcmp(key, "pcm") && card->shape_count < MOST_SHAPES) {
      shape = &card->shapes[card->shape_count++];
      element = NULL;
      char direction[16];
      if (sscanf(rest, "%d %15s", &shape->device, direction) == 2)
        shape->direction = direction[0] == 'c' ? SNDRV_PCM_STREAM_CAPTURE : SNDRV_PCM_STREAM_PLAYBACK;
      for (int channel = 0; channel < MOST_CHANNELS; channel++) shape->ear_gains[channel] = 1;
    } else if (!strcmp(key, "element") && card->element_count < MOST_ELEMENTS) {
      element = &card->elements[card->element_count++];
      shape = NULL;
      snprintf(element->name, sizeof element->name, "%s", rest);
    } else if (element) describe_element(element, key, rest);
    else if (shape) describe_shape(shape, key, rest);
    else describe_card(card, key, rest);
  }
}

// The card behind a device node, which contains the card's name. NULL when it is no card of ours.
struct card *card_at(const char *node) {
  char path[2 * PLACE_LENGTH];
  struct card *card = calloc(1, sizeof *card);
  FILE *file = fopen(node, "re");
  if (!card || !file || fscanf(file, "%31s", card->name) != 1) goto failed;
  fclose(file);
  snprintf(card->folder, sizeof card->folder, "%s/cards/%s", lab_world, card->name);
  snprintf(path, sizeof path, "%s/card", card->folder);
  file = fopen(path, "re");
  if (!file) goto failed;
  describe(card, file);
  fclose(file);
  card->page = page_at(card->folder);
  if (card->page) return card;
  file = NULL;
failed:
  if (file) fclose(file);
  free(card);
  return NULL;
}

void card_release(struct card *card) {
  if (card->page) munmap((void *)card->page, WORDS_OF_PAGE * sizeof(int64_t));
  free(card);
}

struct shape *shape_of(struct card *card, int device, int direction) {
  for (int index = 0; index < card->shape_count; index++)
    if (card->shapes[index].device == device && card->shapes[index].direction == direction)
      return &card->shapes[index];
  return NULL;
}

// /proc/asound/cardN/pcmMp/sub0: who has it open, and how.
static void write_file(const char *path, const char *text) {
  int fd = real_open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
  if (fd < 0) return;
  if (real_write(fd, text, strlen(text)) < 0) lab_complain("cannot write %s", path);
  real_close(fd);
}

void tell_status(struct pcm *pcm, int owner) {
  static const char *const states[] = {
      "OPEN", "SETUP", "PREPARED", "RUNNING", "XRUN", "DRAINING", "PAUSED", "SUSPENDED", "DISCONNECTED"};
  char path[2 * PLACE_LENGTH], text[512] = "closed\n";
  char folder[PLACE_LENGTH + 64];
  if (pcm->epoch != pcm->card->page[FIELD_epoch]) return;
  snprintf(folder, sizeof folder, "%s/proc/asound/card%lld/pcm%d%c/sub0", lab_world,
           (long long)pcm->card->page[FIELD_number], pcm->shape->device,
           pcm->shape->direction == SNDRV_PCM_STREAM_CAPTURE ? 'c' : 'p');
  if (owner)
    snprintf(text, sizeof text, "state: %s\nowner_pid   : %d\ntrigger_time: %lld.%09lld\n", states[pcm->state],
             owner, (long long)(pcm->trigger_ns / NANO), (long long)(pcm->trigger_ns % NANO));
  snprintf(path, sizeof path, "%s/status", folder);
  write_file(path, text);
  if (owner && pcm->rate) {
    const char *name = "";
    for (unsigned index = 0; index < sizeof formats / sizeof *formats; index++)
      if (formats[index].format == pcm->format) name = formats[index].name;
    snprintf(text, sizeof text,
             "access: %s\nformat: %s\nsubformat: STD\nchannels: %u\nrate: %u (%u/1)\nperiod_size: %u\n"
             "buffer_size: %u\n",
             pcm->access == SNDRV_PCM_ACCESS_RW_INTERLEAVED ? "RW_INTERLEAVED" : "MMAP_INTERLEAVED", name,
             pcm->channels, pcm->rate, pcm->rate, pcm->period, pcm->buffer);
  } else if (owner) {
    snprintf(text, sizeof text, "no setup\n");
  }
  snprintf(path, sizeof path, "%s/hw_params", folder);
  write_file(path, text);
}

// A device has one owner: a lock on its node, which ends with the open file, as a kernel's would.
int take(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(fd, F_OFD_SETLK, &lock) == 0 ? 0 : -EAGAIN;
}

static int is_taken(int fd) {
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

// Somebody is about to read a status: a process that died has left its last words there.
void refresh_status(const char *path) {
  char node[PLACE_LENGTH + 64], direction;
  int card, device;
  const char *place = path + strlen(lab_world);
  if (sscanf(place, "/proc/asound/card%d/pcm%d%c/sub0/", &card, &device, &direction) != 3) return;
  snprintf(node, sizeof node, "%s/dev/snd/pcmC%dD%d%c", lab_world, card, device, direction);
  int fd = real_open(node, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  if (!is_taken(fd)) {
    struct card *owner = card_at(node);
    if (owner) {
      if (owner->page[FIELD_holder] == 0) write_file(path, "closed\n");
      card_release(owner);
    }
  }
  real_close(fd);
}
