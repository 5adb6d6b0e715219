// A card's control device: what it is, which PCMs it has, its mixer and the news of it.
#include "lab.h"
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>

// Of each element in the card's page: a count of its changes, then its values.
static volatile int64_t *values_of(struct card *card, int index) {
  return card->page + FIRST_ELEMENT_WORD + index * WORDS_OF_ELEMENT;
}

static int is_switch_of(const struct element *element) { return element->type == SNDRV_CTL_ELEM_TYPE_BOOLEAN; }

// What the mixer does to the sound of a direction: every volume and switch of it, first channel.
double element_gain(struct card *card, int direction) {
  double gain = 1;
  const char *word = direction == SNDRV_PCM_STREAM_PLAYBACK ? " Playback " : " Capture ";
  for (int index = 0; index < card->element_count; index++) {
    const struct element *element = &card->elements[index];
    if (!strstr(element->name, word)) continue;
    int64_t value = values_of(card, index)[1];
    if (is_switch_of(element)) {
      if (!value) gain = 0;
    } else if (element->has_db) {
      double db = (element->db_min + (double)(value - element->min) * element->db_step) / 100;
      gain *= element->mutes && value == element->min ? 0 : pow(10, db / 20);
    }
  }
  return gain;
}

static int introduce_card(struct card *card, struct snd_ctl_card_info *info) {
  memset(info, 0, sizeof *info);
  info->card = (int)card->page[FIELD_number];
  memcpy(info->id, card->id, sizeof info->id);
  memcpy(info->driver, card->driver, sizeof info->driver);
  memcpy(info->name, card->short_name, sizeof info->name);
  memcpy(info->longname, card->long_name, sizeof info->longname);
  memcpy(info->mixername, card->mixer, sizeof info->mixername);
  memcpy(info->components, card->components, sizeof info->components);
  return 0;
}

static int next_device(struct card *card, int *device) {
  int after = *device, next = -1;
  for (int index = 0; index < card->shape_count; index++) {
    int one = card->shapes[index].device;
    if (one > after && (next < 0 || one < next)) next = one;
  }
  *device = next;
  return 0;
}

static int introduce_pcm(struct card *card, struct snd_pcm_info *info) {
  struct shape *shape = shape_of(card, (int)info->device, info->stream);
  unsigned subdevice = info->subdevice;
  if (!shape) return -ENXIO;
  if (subdevice != 0 && subdevice != ~0u) return -ENXIO;
  memset(info, 0, sizeof *info);
  info->card = (int)card->page[FIELD_number];
  info->device = (unsigned)shape->device;
  info->stream = shape->direction;
  snprintf((char *)info->id, sizeof info->id, "%s", shape->id);
  snprintf((char *)info->name, sizeof info->name, "%s", shape->name);
  snprintf((char *)info->subname, sizeof info->subname, "subdevice #0");
  info->subdevices_count = 1;
  info->subdevices_avail = card->page[FIELD_holder] == 0;
  return 0;
}

static void name_element(struct card *card, int index, struct snd_ctl_elem_id *id) {
  const struct element *element = &card->elements[index];
  memset(id, 0, sizeof *id);
  id->numid = (unsigned)index + 1;
  id->iface = element->iface;
  memcpy(id->name, element->name, sizeof id->name);
}

static int find_element(struct card *card, const struct snd_ctl_elem_id *id) {
  if (id->numid) return id->numid <= (unsigned)card->element_count ? (int)id->numid - 1 : -ENOENT;
  for (int index = 0; index < card->element_count; index++)
    if (card->elements[index].iface == id->iface && id->index == 0 &&
        !strncmp(card->elements[index].name, (const char *)id->name, sizeof id->name))
      return index;
  return -ENOENT;
}

static int list_elements(struct card *card, struct snd_ctl_elem_list *list) {
  list->count = (unsigned)card->element_count;
  list->used = 0;
  for (unsigned index = list->offset; index < list->count && list->used < list->space; index++)
    name_element(card, (int)index, &list->pids[list->used++]);
  return 0;
}

static int describe_element(struct card *card, struct snd_ctl_elem_info *info) {
  int index = find_element(card, &info->id);
  if (index < 0) return index;
  const struct element *element = &card->elements[index];
  unsigned item = info->value.enumerated.item;
  memset(&info->value, 0, sizeof info->value);
  name_element(card, index, &info->id);
  info->type = element->type;
  info->access = (unsigned)element->access;
  if (element->has_db) info->access |= SNDRV_CTL_ELEM_ACCESS_TLV_READ;
  info->count = (unsigned)element->count;
  info->owner = -1;
  if (element->type == SNDRV_CTL_ELEM_TYPE_ENUMERATED) {
    info->value.enumerated.items = (unsigned)element->item_count;
    if (item >= (unsigned)element->item_count) item = (unsigned)element->item_count - 1;
    info->value.enumerated.item = item;
    snprintf(info->value.enumerated.name, sizeof info->value.enumerated.name, "%s", element->items[item]);
  } else {
    info->value.integer.min = element->min;
    info->value.integer.max = element->max;
    info->value.integer.step = element->step;
  }
  return 0;
}

static int read_element(struct card *card, struct snd_ctl_elem_value *value) {
  int index = find_element(card, &value->id);
  if (index < 0) return index;
  const struct element *element = &card->elements[index];
  if (!(element->access & SNDRV_CTL_ELEM_ACCESS_READ)) return -EPERM;
  name_element(card, index, &value->id);
  for (int channel = 0; channel < element->count; channel++) {
    int64_t one = values_of(card, index)[1 + channel];
    if (element->type == SNDRV_CTL_ELEM_TYPE_ENUMERATED) value->value.enumerated.item[channel] = (unsigned)one;
    else value->value.integer.value[channel] = (long)one;
  }
  return 0;
}

static int write_element(struct card *card, struct snd_ctl_elem_value *value) {
  int index = find_element(card, &value->id);
  if (index < 0) return index;
  const struct element *element = &card->elements[index];
  if (card->page[FIELD_control_error]) return -(int)card->page[FIELD_control_error];
  if (!(element->access & SNDRV_CTL_ELEM_ACCESS_WRITE)) return -EPERM;
  int changed = 0;
  for (int channel = 0; channel < element->count; channel++) {
    int64_t one = element->type == SNDRV_CTL_ELEM_TYPE_ENUMERATED
                      ? (int64_t)value->value.enumerated.item[channel]
                      : value->value.integer.value[channel];
    if (one < element->min || one > element->max) return -EINVAL;
    volatile int64_t *place = &values_of(card, index)[1 + channel];
    changed |= *place != one;
    *place = one;
  }
  if (changed) __sync_fetch_and_add(&values_of(card, index)[0], 1);
  return 0;
}

static int read_scale(struct card *card, struct snd_ctl_tlv *tlv) {
  if (tlv->numid == 0 || tlv->numid > (unsigned)card->element_count) return -ENOENT;
  const struct element *element = &card->elements[tlv->numid - 1];
  if (!element->has_db) return -ENXIO;
  if (tlv->length < 4 * sizeof(unsigned)) return -ENOMEM;
  int last = element->db_min + (int)(element->max - element->min) * element->db_step;
  // Numbers of <sound/tlv.h>: a scale of equal steps, or its two ends.
  tlv->tlv[0] = element->is_minmax ? (element->mutes ? 5 : 4) : 1;
  tlv->tlv[1] = 2 * sizeof(unsigned);
  tlv->tlv[2] = (unsigned)element->db_min;
  tlv->tlv[3] = element->is_minmax ? (unsigned)last : (unsigned)element->db_step | (element->mutes ? 0x10000u : 0);
  return 0;
}

static int subscribe(struct control *control, int *on) {
  if (*on < 0) return *on = control->is_subscribed, 0;
  control->is_subscribed = *on != 0;
  for (int index = 0; index < control->card->element_count; index++)
    control->seen[index] = values_of(control->card, index)[0];
  return 0;
}

int control_ioctl(struct control *control, unsigned long command, void *argument) {
  struct card *card = control->card;
  if (control->epoch != card->page[FIELD_epoch]) return -ENODEV;
  switch ((uint32_t)command) {
    case (uint32_t)SNDRV_CTL_IOCTL_PVERSION: return *(int *)argument = SNDRV_CTL_VERSION, 0;
    case (uint32_t)SNDRV_CTL_IOCTL_CARD_INFO: return introduce_card(card, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_PCM_NEXT_DEVICE: return next_device(card, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_PCM_INFO: return introduce_pcm(card, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_PCM_PREFER_SUBDEVICE: return 0;
    case (uint32_t)SNDRV_CTL_IOCTL_HWDEP_NEXT_DEVICE:
    case (uint32_t)SNDRV_CTL_IOCTL_RAWMIDI_NEXT_DEVICE: return *(int *)argument = -1, 0;
    case (uint32_t)SNDRV_CTL_IOCTL_SUBSCRIBE_EVENTS: return subscribe(control, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_ELEM_LIST: return list_elements(card, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_ELEM_INFO: return describe_element(card, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_ELEM_READ: return read_element(card, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_ELEM_WRITE: return write_element(card, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_ELEM_LOCK:
    case (uint32_t)SNDRV_CTL_IOCTL_ELEM_UNLOCK: return 0;
    case (uint32_t)SNDRV_CTL_IOCTL_TLV_READ: return read_scale(card, argument);
    case (uint32_t)SNDRV_CTL_IOCTL_POWER_STATE: return *(int *)argument = SNDRV_CTL_POWER_D0, 0;
  }
  return -ENOTTY;
}

static int news(struct control *control) {
  for (int index = 0; control->is_subscribed && index < control->card->element_count; index++)
    if (control->seen[index] != values_of(control->card, index)[0]) return index;
  return -1;
}

short control_poll(struct control *control) {
  if (control->epoch != control->card->page[FIELD_epoch]) return POLLERR | POLLNVAL;
  return news(control) >= 0 ? POLLIN | POLLRDNORM : 0;
}

ssize_t control_read(struct control *control, void *place, size_t bytes) {
  if (control->epoch != control->card->page[FIELD_epoch]) return -ENODEV;
  if (!control->is_subscribed) return -EBADFD;
  size_t done = 0;
  int index;
  while (bytes - done >= sizeof(struct snd_ctl_event) && (index = news(control)) >= 0) {
    struct snd_ctl_event event = {.type = SNDRV_CTL_EVENT_ELEM};
    event.data.elem.mask = SNDRV_CTL_EVENT_MASK_VALUE;
    name_element(control->card, index, &event.data.elem.id);
    control->seen[index] = values_of(control->card, index)[0];
    memcpy((char *)place + done, &event, sizeof event);
    done += sizeof event;
  }
  return done ? (ssize_t)done : -EAGAIN;
}
