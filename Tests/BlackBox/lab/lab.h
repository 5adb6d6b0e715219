// The sound lab plays the kernel's sound for a process: see docs/TESTING.md.
#ifndef LAB_H
#define LAB_H
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <time.h>
#include <sound/asound.h>

#define NANO 1000000000LL
// The longest wait before the lab looks again whether the test has pulled the card.
#define LOOK_NS (10 * 1000000LL)
#define PLACE_LENGTH 512

enum { MOST_RATES = 16, MOST_SOURCES = 8, MOST_SHAPES = 8, MOST_ELEMENTS = 24, MOST_CHANNELS = 8 };
enum { WORDS_OF_PAGE = 512, FIRST_ELEMENT_WORD = 128, WORDS_OF_ELEMENT = 16 };

#define FIELD(name) FIELD_##name,
enum field {
#include "fields.h"
  FIELD_COUNT
};
#undef FIELD

// What one microphone channel hears, besides noise.
enum ear { EAR_ROOM, EAR_LOOPBACK, EAR_NONE };

// A loudspeaker that a microphone hears.
struct source {
  char card[32];
  int device;
  double delay_ns, gain;
  double clip;
  struct air *air;
};

// What one direction of one device can do, from the card's description.
struct shape {
  int device, direction;
  char id[64], name[80];
  unsigned rates[MOST_RATES], rate_count, rate_min, rate_max;
  unsigned channels_min, channels_max;
  uint64_t formats;
  unsigned period_min, period_max, periods_min, periods_max, buffer_min, buffer_max;
  unsigned period_time_min, period_bytes_min, period_bytes_max, buffer_bytes_max;
  unsigned info, broken_periods, urbs;
  double burst_ns, queue_ns;
  double noise_db;
  enum ear ears[MOST_CHANNELS];
  double ear_gains[MOST_CHANNELS];
  struct source sources[MOST_SOURCES];
  int source_count;
};

struct element {
  char name[SNDRV_CTL_ELEM_ID_NAME_MAXLEN];
  int type, count, access, iface;
  long min, max, step;
  int has_db, db_min, db_step, mutes, is_minmax;
  char items[8][64];
  int item_count;
};

struct card {
  char name[32], folder[PLACE_LENGTH];
  char id[16], driver[16], short_name[32], long_name[80], mixer[80], components[128];
  struct shape shapes[MOST_SHAPES];
  int shape_count;
  struct element elements[MOST_ELEMENTS];
  int element_count;
  volatile int64_t *page;
  int owners;
};

// The sound of one loudspeaker in the air, shared by all processes of a world.
#define AIR_SAMPLES (1u << 18)
#define AIR_SPELLS 64u
struct spell { int64_t start_ns; double first, rate; };
struct air {
  volatile uint64_t written, spells;
  struct spell spell[AIR_SPELLS];
  float sample[AIR_SAMPLES];
};

struct pcm {
  struct card *card;
  struct shape *shape;
  int fd, state, suspended_state;
  int64_t epoch, suspends;
  // Setup.
  int access, format, tstamp_mode, no_wakeup;
  unsigned channels, rate, period, buffer, sample_bytes, frame_bytes;
  // How its position advances, in frames, and what is under way between the buffer and the air.
  double burst, queue_ns;
  uint8_t *ring;
  int ring_fd;
  size_t ring_bytes;
  uint64_t boundary, avail_min, start_threshold, stop_threshold, silence_threshold, silence_size;
  // Positions, which never wrap in here.
  uint64_t hw, appl, next_period, moved;
  // The clock: at base_ns it stood at base_frames, and runs at pace frames a second.
  double base_frames, pace;
  int64_t base_ns, tstamp_ns, trigger_ns, avail_max;
  struct pcm *linked;
  int log_fd, log_number;
  uint64_t log_frames;
  struct air *air;
  int64_t air_offset;
  uint32_t noise_seed;
};

struct control {
  struct card *card;
  int fd, is_subscribed;
  int64_t epoch;
  int64_t seen[MOST_ELEMENTS];
};

struct input {
  int fd, is_grabbed;
  char folder[PLACE_LENGTH];
  volatile int64_t *page;
  int64_t epoch;
  int clock;
};

struct led { char name[64], attribute[32]; };

enum kind { KIND_PCM = 1, KIND_CONTROL, KIND_INPUT, KIND_LED };
struct handle {
  enum kind kind;
  union { struct pcm pcm; struct control control; struct input input; struct led led; };
};

static inline int64_t monotonic(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * NANO + now.tv_nsec;
}
static inline struct timespec as_timespec(int64_t ns) {
  return (struct timespec){.tv_sec = ns / NANO, .tv_nsec = ns % NANO};
}

// preload.c: the C library's own, and whether this handle blocks.
extern int (*real_open)(const char *, int, ...);
extern int (*real_close)(int);
extern ssize_t (*real_read)(int, void *, size_t);
extern ssize_t (*real_write)(int, const void *, size_t);
extern int (*real_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
extern void *(*real_mmap)(void *, size_t, int, int, int, off_t);
extern const char *lab_world;
void lab_lock(void);
void lab_unlock(void);
int is_nonblocking(int fd);
void lab_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

// world.c
struct card *card_at(const char *node);
void card_release(struct card *);
volatile int64_t *page_at(const char *folder);
struct shape *shape_of(struct card *, int device, int direction);
unsigned format_bytes(int format);
void *shared_file(const char *path, size_t bytes);
int take(int fd);
void tell_status(struct pcm *, int owner);
void refresh_status(const char *path);

// refine.c: what is left of the wishes, as the kernel's HW_REFINE answers.
int refine(const struct shape *, struct snd_pcm_hw_params *);
int choose(const struct shape *, struct snd_pcm_hw_params *);
unsigned chosen(const struct snd_pcm_hw_params *, int parameter);

// pcm.c
int pcm_open(struct pcm *, struct card *, int device, int direction, int fd);
void pcm_close(struct pcm *);
int pcm_ioctl(struct pcm *, unsigned long command, void *argument);
short pcm_poll(struct pcm *, int64_t *wake_ns);
int pcm_map(struct pcm *, size_t length, off_t offset, void **place);
struct pcm *pcm_of(int fd);
void play_until(struct pcm *, int64_t now);
void play_all(int64_t now);

// air.c
void air_start(struct pcm *);
void air_play(struct pcm *, uint64_t from, uint64_t to);
void air_hear(struct pcm *, uint64_t from, uint64_t to);
double element_gain(struct card *, int direction);
struct air *air_of(const char *card, int device);

// control.c
int control_ioctl(struct control *, unsigned long command, void *argument);
ssize_t control_read(struct control *, void *, size_t);
short control_poll(struct control *);

// input.c
int input_open(struct input *, const char *node, int fd);
void input_close(struct input *);
int input_ioctl(struct input *, unsigned long command, void *argument);
ssize_t input_read(struct input *, void *, size_t);
short input_poll(struct input *);

// leds.c
int led_open(struct led *, const char *path);
ssize_t led_write(struct led *, const void *, size_t);

#endif
