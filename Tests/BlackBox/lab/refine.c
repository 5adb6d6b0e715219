// HW_REFINE: what is left of a program's wishes once a card has been asked. The rules are a handful
// of products (frame bits = sample bits * channels, and so on); each is pulled tight until none moves.
#include "lab.h"
#include <errno.h>
#include <math.h>
#include <string.h>

#define CONTROL(parameters, which) \
  (&(parameters)->intervals[(which) - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL])
#define MASK(parameters, which) (&(parameters)->masks[(which) - SNDRV_PCM_HW_PARAM_FIRST_MASK])

struct bounds { double low, high; int open_low, open_high; };

static struct bounds bounds_of(const struct snd_interval *value) {
  return (struct bounds){value->min, value->max, value->openmin, value->openmax};
}

// An interval holds whole numbers and a mark "not quite this one", so a bound in between becomes the
// whole number beyond it, open; and where only whole values exist, the next one inside.
static int narrow(struct snd_interval *value, struct bounds wish) {
  double low = wish.low, high = wish.high;
  int open_low = wish.open_low, open_high = wish.open_high;
  if (value->integer) {
    double whole = ceil(low);
    low = open_low && whole == low ? low + 1 : whole;
    whole = floor(high);
    high = open_high && whole == high ? high - 1 : whole;
    open_low = open_high = 0;
  } else {
    if (floor(low) != low) low = floor(low), open_low = 1;
    if (ceil(high) != high) high = ceil(high), open_high = 1;
  }
  int changed = 0;
  if (low > value->min || (low == value->min && open_low && !value->openmin)) {
    value->min = low > 4294967295.0 ? 4294967295u : (unsigned)low;
    value->openmin = open_low;
    changed = 1;
  }
  if (high < value->max || (high == value->max && open_high && !value->openmax)) {
    value->max = high < 0 ? 0 : (unsigned)high;
    value->openmax = open_high;
    changed = 1;
  }
  if (value->min > value->max || (value->min == value->max && (value->openmin || value->openmax)))
    value->empty = 1;
  return changed;
}

// whole = part * times / scale, three ways.
struct product { int whole, part, times; double scale; };
static const struct product products[] = {
    {SNDRV_PCM_HW_PARAM_FRAME_BITS, SNDRV_PCM_HW_PARAM_SAMPLE_BITS, SNDRV_PCM_HW_PARAM_CHANNELS, 1},
    {SNDRV_PCM_HW_PARAM_PERIOD_BYTES, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, SNDRV_PCM_HW_PARAM_FRAME_BITS, 8},
    {SNDRV_PCM_HW_PARAM_BUFFER_BYTES, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, SNDRV_PCM_HW_PARAM_FRAME_BITS, 8},
    {SNDRV_PCM_HW_PARAM_PERIOD_SIZE, SNDRV_PCM_HW_PARAM_PERIOD_TIME, SNDRV_PCM_HW_PARAM_RATE, 1e6},
    {SNDRV_PCM_HW_PARAM_BUFFER_SIZE, SNDRV_PCM_HW_PARAM_BUFFER_TIME, SNDRV_PCM_HW_PARAM_RATE, 1e6},
    {SNDRV_PCM_HW_PARAM_BUFFER_SIZE, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, SNDRV_PCM_HW_PARAM_PERIODS, 1},
};

static int narrow_marked(struct snd_pcm_hw_params *parameters, int which, struct bounds wish) {
  int changed = narrow(CONTROL(parameters, which), wish);
  if (changed) parameters->cmask |= 1u << which;
  return changed;
}

static int quotient(
    struct snd_pcm_hw_params *parameters, int which, struct bounds whole, double scale,
    struct bounds other) {
  struct bounds wish = {0, INFINITY, 0, 0};
  if (other.high > 0) {
    wish.low = whole.low * scale / other.high;
    wish.open_low = whole.open_low || other.open_high;
  }
  if (other.low > 0) {
    wish.high = whole.high * scale / other.low;
    wish.open_high = whole.open_high || other.open_low;
  }
  return narrow_marked(parameters, which, wish);
}

static int pull(struct snd_pcm_hw_params *parameters, const struct product *rule) {
  struct bounds whole = bounds_of(CONTROL(parameters, rule->whole));
  struct bounds part = bounds_of(CONTROL(parameters, rule->part));
  struct bounds times = bounds_of(CONTROL(parameters, rule->times));
  struct bounds wish = {
      part.low * times.low / rule->scale, part.high * times.high / rule->scale,
      part.open_low || times.open_low, part.open_high || times.open_high};
  int changed = narrow_marked(parameters, rule->whole, wish);
  changed |= quotient(parameters, rule->part, whole, rule->scale, times);
  changed |= quotient(parameters, rule->times, whole, rule->scale, part);
  return changed;
}

static int keep_bits(struct snd_pcm_hw_params *parameters, int which, uint64_t allowed) {
  struct snd_mask *mask = MASK(parameters, which);
  uint64_t had = mask->bits[0] | (uint64_t)mask->bits[1] << 32;
  uint64_t left = had & allowed;
  for (int word = 2; word < SNDRV_MASK_MAX / 32; word++) mask->bits[word] = 0;
  mask->bits[0] = (uint32_t)left;
  mask->bits[1] = (uint32_t)(left >> 32);
  if (left != had) parameters->cmask |= 1u << which;
  return left == 0 ? -EINVAL : left != had;
}

static int keep_formats(struct snd_pcm_hw_params *parameters) {
  struct snd_mask *mask = MASK(parameters, SNDRV_PCM_HW_PARAM_FORMAT);
  struct snd_interval *bits = CONTROL(parameters, SNDRV_PCM_HW_PARAM_SAMPLE_BITS);
  uint64_t had = mask->bits[0] | (uint64_t)mask->bits[1] << 32, fitting = 0;
  unsigned least = 64, most = 0;
  for (int format = 0; format < 64; format++) {
    unsigned width = format_bytes(format) * 8;
    if (!(had >> format & 1) || width < bits->min || width > bits->max) continue;
    fitting |= 1ull << format;
    if (width < least) least = width;
    if (width > most) most = width;
  }
  int changed = keep_bits(parameters, SNDRV_PCM_HW_PARAM_FORMAT, fitting);
  if (changed < 0) return changed;
  return changed |
         narrow_marked(parameters, SNDRV_PCM_HW_PARAM_SAMPLE_BITS, (struct bounds){least, most, 0, 0});
}

static int keep_rates(const struct shape *shape, struct snd_pcm_hw_params *parameters) {
  struct snd_interval *rate = CONTROL(parameters, SNDRV_PCM_HW_PARAM_RATE);
  struct bounds wish = {shape->rate_min, shape->rate_max, 0, 0};
  if (shape->rate_count > 0) {
    wish.low = INFINITY;
    wish.high = 0;
    for (unsigned index = 0; index < shape->rate_count; index++) {
      unsigned one = shape->rates[index];
      if (one < rate->min || (one == rate->min && rate->openmin)) continue;
      if (one > rate->max || (one == rate->max && rate->openmax)) continue;
      if (one < wish.low) wish.low = one;
      if (one > wish.high) wish.high = one;
    }
    if (wish.high == 0) return -EINVAL;
  }
  return narrow_marked(parameters, SNDRV_PCM_HW_PARAM_RATE, wish);
}

static int is_empty(const struct snd_pcm_hw_params *parameters) {
  for (int which = SNDRV_PCM_HW_PARAM_FIRST_INTERVAL; which <= SNDRV_PCM_HW_PARAM_LAST_INTERVAL; which++)
    if (CONTROL(parameters, which)->empty) return 1;
  return 0;
}

static int is_single(const struct snd_interval *value) {
  return value->min == value->max ||
         (value->min + 1 == value->max && (value->openmin || value->openmax));
}

unsigned chosen(const struct snd_pcm_hw_params *parameters, int which) {
  if (which <= SNDRV_PCM_HW_PARAM_LAST_MASK) {
    const struct snd_mask *mask = MASK(parameters, which);
    for (int bit = 0; bit < 64; bit++)
      if (mask->bits[bit / 32] >> bit % 32 & 1) return bit;
    return 0;
  }
  const struct snd_interval *value = CONTROL(parameters, which);
  return value->openmin && !value->openmax ? value->max : value->min;
}

int refine(const struct shape *shape, struct snd_pcm_hw_params *parameters) {
  static const int whole[] = {
      SNDRV_PCM_HW_PARAM_CHANNELS, SNDRV_PCM_HW_PARAM_SAMPLE_BITS, SNDRV_PCM_HW_PARAM_FRAME_BITS,
      SNDRV_PCM_HW_PARAM_BUFFER_SIZE, SNDRV_PCM_HW_PARAM_BUFFER_BYTES, SNDRV_PCM_HW_PARAM_PERIOD_SIZE,
      SNDRV_PCM_HW_PARAM_PERIOD_BYTES, SNDRV_PCM_HW_PARAM_PERIODS};
  // The last of them is a matter of the driver: with some, a buffer need not be so many whole periods.
  unsigned whole_count = sizeof whole / sizeof *whole - (shape->broken_periods ? 1 : 0);
  parameters->cmask = 0;
  for (unsigned index = 0; index < whole_count; index++) {
    struct snd_interval *value = CONTROL(parameters, whole[index]);
    if (value->openmin && value->min < 4294967295u) value->min++;
    if (value->openmax && value->max > 0) value->max--;
    value->openmin = value->openmax = 0;
    value->integer = 1;
  }
  uint64_t accesses = 1ull << SNDRV_PCM_ACCESS_RW_INTERLEAVED;
  if (shape->info & SNDRV_PCM_INFO_MMAP) accesses |= 1ull << SNDRV_PCM_ACCESS_MMAP_INTERLEAVED;
  if (keep_bits(parameters, SNDRV_PCM_HW_PARAM_ACCESS, accesses) < 0) return -EINVAL;
  if (keep_bits(parameters, SNDRV_PCM_HW_PARAM_FORMAT, shape->formats) < 0) return -EINVAL;
  if (keep_bits(parameters, SNDRV_PCM_HW_PARAM_SUBFORMAT, 1) < 0) return -EINVAL;
  struct { int which; double low, high; } limits[] = {
      {SNDRV_PCM_HW_PARAM_CHANNELS, shape->channels_min, shape->channels_max},
      {SNDRV_PCM_HW_PARAM_PERIOD_SIZE, shape->period_min, shape->period_max},
      {SNDRV_PCM_HW_PARAM_PERIOD_TIME, shape->period_time_min, INFINITY},
      {SNDRV_PCM_HW_PARAM_PERIODS, shape->periods_min, shape->periods_max},
      {SNDRV_PCM_HW_PARAM_BUFFER_SIZE, shape->buffer_min, shape->buffer_max},
      {SNDRV_PCM_HW_PARAM_PERIOD_BYTES, shape->period_bytes_min, shape->period_bytes_max},
      {SNDRV_PCM_HW_PARAM_BUFFER_BYTES, shape->period_bytes_min, shape->buffer_bytes_max},
  };
  for (unsigned index = 0; index < sizeof limits / sizeof *limits; index++)
    narrow_marked(parameters, limits[index].which, (struct bounds){limits[index].low, limits[index].high, 0, 0});
  for (int round = 0, moved = 1; moved && round < 100; round++) {
    moved = keep_formats(parameters);
    if (moved < 0) return -EINVAL;
    int rates = keep_rates(shape, parameters);
    if (rates < 0) return -EINVAL;
    moved |= rates;
    for (unsigned index = 0; index < sizeof products / sizeof *products; index++)
      moved |= pull(parameters, &products[index]);
    if (is_empty(parameters)) return -EINVAL;
  }
  parameters->rmask = 0;
  parameters->info = shape->info;
  parameters->fifo_size = 0;
  if (is_single(CONTROL(parameters, SNDRV_PCM_HW_PARAM_SAMPLE_BITS))) {
    unsigned format = chosen(parameters, SNDRV_PCM_HW_PARAM_FORMAT);
    unsigned bits = chosen(parameters, SNDRV_PCM_HW_PARAM_SAMPLE_BITS);
    parameters->msbits = format == SNDRV_PCM_FORMAT_S24_LE ? 24 : bits;
  }
  if (is_single(CONTROL(parameters, SNDRV_PCM_HW_PARAM_RATE))) {
    parameters->rate_num = chosen(parameters, SNDRV_PCM_HW_PARAM_RATE);
    parameters->rate_den = 1;
  }
  return 0;
}

// Takes one value where the program left several: the kernel's order and ends.
int choose(const struct shape *shape, struct snd_pcm_hw_params *parameters) {
  static const struct { int which, takes_largest; } order[] = {
      {SNDRV_PCM_HW_PARAM_ACCESS, 0},      {SNDRV_PCM_HW_PARAM_FORMAT, 0},
      {SNDRV_PCM_HW_PARAM_SUBFORMAT, 0},   {SNDRV_PCM_HW_PARAM_CHANNELS, 0},
      {SNDRV_PCM_HW_PARAM_RATE, 0},        {SNDRV_PCM_HW_PARAM_PERIOD_TIME, 0},
      {SNDRV_PCM_HW_PARAM_BUFFER_SIZE, 1}, {SNDRV_PCM_HW_PARAM_TICK_TIME, 0}};
  int result = refine(shape, parameters);
  for (unsigned index = 0; result == 0 && index < sizeof order / sizeof *order; index++) {
    int which = order[index].which;
    if (which <= SNDRV_PCM_HW_PARAM_LAST_MASK) {
      keep_bits(parameters, which, 1ull << chosen(parameters, which));
    } else {
      struct snd_interval *value = CONTROL(parameters, which);
      if (is_single(value)) continue;
      if (order[index].takes_largest) {
        value->min = value->openmax ? value->max - 1 : value->max;
        value->openmin = value->openmax;
      } else {
        value->max = value->openmin ? value->min + 1 : value->min;
        value->openmax = value->openmin;
      }
    }
    result = refine(shape, parameters);
  }
  return result;
}
