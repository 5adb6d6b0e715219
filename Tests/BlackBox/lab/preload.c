// What stands between a program and its C library: paths that lead into the world, descriptors that are
// the lab's, and waiting for them.
//
// AURICLE_LAB: the world's folder. Without it nothing changes.
#include "lab.h"
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_HANDLES = 1024 };
const char *lab_world;
static struct handle *volatile handles[MOST_HANDLES];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

int (*real_open)(const char *, int, ...);
int (*real_close)(int);
ssize_t (*real_read)(int, void *, size_t);
ssize_t (*real_write)(int, const void *, size_t);
void *(*real_mmap)(void *, size_t, int, int, int, off_t);
static int (*real_openat)(int, const char *, int, ...);
static int (*real_ioctl)(int, unsigned long, ...);
int (*real_ppoll)(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);
static FILE *(*real_fopen)(const char *, const char *);

__attribute__((constructor)) static void prepare(void) {
  if (real_open) return;
  real_openat = dlsym(RTLD_NEXT, "openat");
  real_close = dlsym(RTLD_NEXT, "close");
  real_read = dlsym(RTLD_NEXT, "read");
  real_write = dlsym(RTLD_NEXT, "write");
  real_mmap = dlsym(RTLD_NEXT, "mmap");
  real_ioctl = dlsym(RTLD_NEXT, "ioctl");
  real_ppoll = dlsym(RTLD_NEXT, "ppoll");
  real_fopen = dlsym(RTLD_NEXT, "fopen");
  lab_world = getenv("AURICLE_LAB");
  if (lab_world && (lab_world[0] != '/' || strlen(lab_world) > PLACE_LENGTH / 2)) lab_world = NULL;
  real_open = dlsym(RTLD_NEXT, "open");
}

void lab_lock(void) { pthread_mutex_lock(&mutex); }
void lab_unlock(void) { pthread_mutex_unlock(&mutex); }

void lab_complain(const char *format, ...) {
  char line[256] = "sound lab: ";
  va_list rest;
  va_start(rest, format);
  vsnprintf(line + 11, sizeof line - 12, format, rest);
  va_end(rest);
  strcat(line, "\n");
  if (real_write(2, line, strlen(line)) < 0) return;
}

int is_nonblocking(int fd) { return (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0; }

static struct handle *handle_of(int fd) { return fd >= 0 && fd < MOST_HANDLES ? handles[fd] : NULL; }

struct pcm *pcm_of(int fd) {
  struct handle *handle = handle_of(fd);
  return handle && handle->kind == KIND_PCM ? &handle->pcm : NULL;
}

void play_all(int64_t now) {
  for (int fd = 0; fd < MOST_HANDLES; fd++) {
    struct pcm *pcm = pcm_of(fd);
    if (pcm) play_until(pcm, now);
  }
}

// Paths.

// These are the world's alone; what it lacks does not exist.
static const char *const ours[] = {
    "/dev/snd", "/proc/asound", "/sys/class/sound", "/sys/class/leds", "/sys/class/thermal", "/dev/input",
    "/sys/class/input", "/proc/bus/input", "/dev/aloadC"};
// These lead into the world where it has them.
static const char *const shared[] = {"/sys/devices", "/proc/device-tree", "/sys/firmware", "/sys/bus/usb"};

static int is_under(const char *path, const char *folder) {
  size_t length = strlen(folder);
  return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static const char *moved(const char *path, char *place) {
  if (!real_open) prepare();
  if (!lab_world || !path || path[0] != '/') return path;
  for (unsigned index = 0; index < sizeof ours / sizeof *ours; index++)
    if (is_under(path, ours[index])) {
      snprintf(place, PLACE_LENGTH, "%s%s", lab_world, path);
      return place;
    }
  for (unsigned index = 0; index < sizeof shared / sizeof *shared; index++)
    if (is_under(path, shared[index])) {
      struct stat info;
      snprintf(place, PLACE_LENGTH, "%s%s", lab_world, path);
      if (fstatat(AT_FDCWD, place, &info, 0) == 0) return place;
    }
  return path;
}

// Takes the world's folder off the front again.
static ssize_t without_world(char *text, ssize_t length) {
  ssize_t front = lab_world ? (ssize_t)strlen(lab_world) : 0;
  if (front == 0 || length <= front || strncmp(text, lab_world, (size_t)front) || text[front] != '/') return length;
  memmove(text, text + front, (size_t)(length - front));
  return length - front;
}

// Opening.

static int attach(int fd, const char *path, int flags) {
  const char *node = path + strlen(lab_world);
  int number, device;
  char direction;
  struct stat info;
  struct handle *handle;
  int result = 0;
  if (strncmp(path, lab_world, strlen(lab_world))) return 0;
  int is_control = sscanf(node, "/dev/snd/controlC%d", &number) == 1;
  int is_pcm = sscanf(node, "/dev/snd/pcmC%dD%d%c", &number, &device, &direction) == 3;
  int is_input = sscanf(node, "/dev/input/event%d", &number) == 1;
  int is_led = !strncmp(node, "/sys/class/leds/", 16) && (flags & O_ACCMODE) != O_RDONLY;
  if (!is_control && !is_pcm && !is_input && !is_led) return 0;
  if (fd >= MOST_HANDLES) return -EMFILE;
  // Root may open everything, but a node that udev has not dressed yet belongs to nobody.
  if (fstat(fd, &info) == 0 && (info.st_mode & 0777) == 0) return -EACCES;
  handle = calloc(1, sizeof *handle);
  if (!handle) return -ENOMEM;
  struct card *card = is_control || is_pcm ? card_at(path) : NULL;
  if ((is_control || is_pcm) && !card) {
    free(handle);
    return -ENXIO;
  }
  if (is_control) {
    handle->kind = KIND_CONTROL;
    handle->control = (struct control){.card = card, .fd = fd, .epoch = card->page[FIELD_epoch]};
  } else if (is_led) {
    handle->kind = KIND_LED;
    result = led_open(&handle->led, path);
  } else if (is_input) {
    handle->kind = KIND_INPUT;
    result = input_open(&handle->input, path, fd);
  } else {
    handle->kind = KIND_PCM;
    int stream = direction == 'c' ? SNDRV_PCM_STREAM_CAPTURE : SNDRV_PCM_STREAM_PLAYBACK;
    lab_lock();
    // A device that is taken is waited for, unless the program would rather not.
    while ((result = pcm_open(&handle->pcm, card, device, stream, fd)) == -EAGAIN) {
      if (is_nonblocking(fd)) {
        result = -EBUSY;
        break;
      }
      lab_unlock();
      usleep(LOOK_NS / 1000);
      lab_lock();
    }
    lab_unlock();
  }
  if (result < 0) {
    if (card) card_release(card);
    free(handle);
    return result;
  }
  handles[fd] = handle;
  return 0;
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
  char place[PLACE_LENGTH];
  if (!real_open) prepare();
  const char *target = moved(path, place);
  if (target == path) return real_openat(folder, path, flags, mode);
  if (!strncmp(path, "/proc/asound/", 13) && (flags & O_ACCMODE) == O_RDONLY) refresh_status(target);
  // What is not a file in the kernel is not emptied by opening it.
  int fd = real_open(target, strncmp(path, "/sys/", 5) ? flags : flags & ~(O_TRUNC | O_CREAT), mode);
  if (fd < 0) return fd;
  int result = attach(fd, target, flags);
  if (result < 0) {
    real_close(fd);
    errno = -result;
    return -1;
  }
  return fd;
}

#define MODE_ARGUMENT(last)                  \
  mode_t mode = 0;                           \
  if (flags & (O_CREAT | O_TMPFILE)) {       \
    va_list rest;                            \
    va_start(rest, last);                    \
    mode = va_arg(rest, mode_t);             \
    va_end(rest);                            \
  }

int open(const char *path, int flags, ...) {
  MODE_ARGUMENT(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE_ARGUMENT(flags)
  return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
  MODE_ARGUMENT(flags)
  return open_at(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
  MODE_ARGUMENT(flags)
  return open_at(folder, path, flags, mode);
}
int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __openat_2(int folder, const char *path, int flags) { return open_at(folder, path, flags, 0); }
int __openat64_2(int folder, const char *path, int flags) { return open_at(folder, path, flags, 0); }

FILE *fopen(const char *path, const char *mode) {
  char place[PLACE_LENGTH];
  if (!real_open) prepare();
  const char *target = moved(path, place);
  if (target != path && mode[0] == 'r') refresh_status(target);
  return real_fopen(target, mode);
}
FILE *fopen64(const char *path, const char *mode) { return fopen(path, mode); }

int close(int fd) {
  if (!real_open) prepare();
  struct handle *handle = handle_of(fd);
  if (handle) {
    lab_lock();
    handles[fd] = NULL;
    if (handle->kind == KIND_PCM) pcm_close(&handle->pcm);
    else if (handle->kind == KIND_CONTROL) card_release(handle->control.card);
    else if (handle->kind == KIND_INPUT) input_close(&handle->input);
    lab_unlock();
    free(handle);
  }
  return real_close(fd);
}

// Of the lab's descriptors only those of lights are ever copied: a shell does that.
int dup2(int fd, int copy) {
  static int (*real)(int, int);
  if (!real) real = dlsym(RTLD_NEXT, "dup2");
  struct handle *handle = handle_of(fd), *both;
  int result = real(fd, copy);
  if (result >= 0 && result < MOST_HANDLES && handle && handle->kind == KIND_LED && (both = malloc(sizeof *both))) {
    *both = *handle;
    handles[result] = both;
  }
  return result;
}

// Calls that only take a path.

#define FORWARD(result, name, parameters, path, call)                           \
  result name parameters {                                                      \
    static result(*real) parameters;                                            \
    char place[PLACE_LENGTH];                                                   \
    if (!real) real = (result(*) parameters)dlsym(RTLD_NEXT, #name);            \
    path = moved(path, place);                                                  \
    return real call;                                                           \
  }

FORWARD(int, stat, (const char *path, struct stat *info), path, (path, info))
FORWARD(int, lstat, (const char *path, struct stat *info), path, (path, info))
FORWARD(int, stat64, (const char *path, struct stat64 *info), path, (path, info))
FORWARD(int, lstat64, (const char *path, struct stat64 *info), path, (path, info))
FORWARD(int, statx, (int at, const char *path, int flags, unsigned mask, struct statx *info), path,
        (at, path, flags, mask, info))
FORWARD(int, access, (const char *path, int mode), path, (path, mode))
FORWARD(int, eaccess, (const char *path, int mode), path, (path, mode))
FORWARD(int, faccessat, (int at, const char *path, int mode, int flags), path, (at, path, mode, flags))
FORWARD(DIR *, opendir, (const char *path), path, (path))
FORWARD(int, chmod, (const char *path, mode_t mode), path, (path, mode))
FORWARD(int, chown, (const char *path, uid_t owner, gid_t group), path, (path, owner, group))
FORWARD(int, inotify_add_watch, (int fd, const char *path, uint32_t mask), path, (fd, path, mask))
FORWARD(int, scandir,
        (const char *path, struct dirent ***list, int (*choose)(const struct dirent *),
         int (*order)(const struct dirent **, const struct dirent **)),
        path, (path, list, choose, order))
FORWARD(int, scandir64,
        (const char *path, struct dirent64 ***list, int (*choose)(const struct dirent64 *),
         int (*order)(const struct dirent64 **, const struct dirent64 **)),
        path, (path, list, choose, order))

ssize_t readlink(const char *path, char *text, size_t bytes) {
  static ssize_t (*real)(const char *, char *, size_t);
  char place[PLACE_LENGTH];
  if (!real) real = dlsym(RTLD_NEXT, "readlink");
  return without_world(text, real(moved(path, place), text, bytes));
}

ssize_t readlinkat(int at, const char *path, char *text, size_t bytes) {
  static ssize_t (*real)(int, const char *, char *, size_t);
  char place[PLACE_LENGTH];
  if (!real) real = dlsym(RTLD_NEXT, "readlinkat");
  return without_world(text, real(at, moved(path, place), text, bytes));
}

char *realpath(const char *path, char *resolved) {
  static char *(*real)(const char *, char *);
  char place[PLACE_LENGTH];
  if (!real) real = dlsym(RTLD_NEXT, "realpath");
  char *result = real(moved(path, place), resolved);
  if (result) result[without_world(result, (ssize_t)strlen(result))] = 0;
  return result;
}

// Calls on a descriptor.

int ioctl(int fd, unsigned long command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  if (!real_open) prepare();
  struct handle *handle = handle_of(fd);
  if (!handle) return real_ioctl(fd, command, argument);
  lab_lock();
  int result = handle->kind == KIND_PCM       ? pcm_ioctl(&handle->pcm, command, argument)
               : handle->kind == KIND_CONTROL ? control_ioctl(&handle->control, command, argument)
               : handle->kind == KIND_INPUT   ? input_ioctl(&handle->input, command, argument)
                                              : -ENOTTY;
  lab_unlock();
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

static ssize_t read_handle(struct handle *handle, int fd, void *place, size_t bytes) {
  for (;;) {
    lab_lock();
    ssize_t result = handle->kind == KIND_CONTROL ? control_read(&handle->control, place, bytes)
                     : handle->kind == KIND_INPUT ? input_read(&handle->input, place, bytes)
                                                  : -EINVAL;
    lab_unlock();
    if (result != -EAGAIN || is_nonblocking(fd)) {
      if (result >= 0) return result;
      errno = (int)-result;
      return -1;
    }
    usleep(LOOK_NS / 1000);
  }
}

ssize_t read(int fd, void *place, size_t bytes) {
  if (!real_open) prepare();
  struct handle *handle = handle_of(fd);
  return handle && handle->kind != KIND_LED ? read_handle(handle, fd, place, bytes) : real_read(fd, place, bytes);
}
ssize_t __read_chk(int fd, void *place, size_t bytes, size_t room) {
  if (bytes > room) abort();
  return read(fd, place, bytes);
}

ssize_t write(int fd, const void *data, size_t bytes) {
  if (!real_open) prepare();
  struct handle *handle = handle_of(fd);
  if (!handle || handle->kind == KIND_PCM) return real_write(fd, data, bytes);
  lab_lock();
  ssize_t result = handle->kind == KIND_LED ? led_write(&handle->led, data, bytes) : -EINVAL;
  lab_unlock();
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  if (!real_open) prepare();
  struct pcm *pcm = fd >= 0 ? pcm_of(fd) : NULL;
  if (!pcm) return real_mmap(address, length, protection, flags, fd, offset);
  void *place = MAP_FAILED;
  lab_lock();
  int result = pcm_map(pcm, length, offset, &place);
  lab_unlock();
  if (result < 0) errno = -result;
  return result < 0 ? MAP_FAILED : place;
}
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap(address, length, protection, flags, fd, offset);
}

// Waiting.

// What is ready of the lab's descriptors; `others` gets those that the kernel must watch.
static int look(struct pollfd *wanted, struct pollfd *others, nfds_t count, int64_t *wake) {
  int ready = 0;
  lab_lock();
  for (nfds_t index = 0; index < count; index++) {
    struct handle *handle = handle_of(wanted[index].fd);
    others[index] = wanted[index];
    others[index].revents = 0;
    if (!handle) continue;
    int64_t soonest = INT64_MAX;
    short events = handle->kind == KIND_PCM       ? pcm_poll(&handle->pcm, &soonest)
                   : handle->kind == KIND_CONTROL ? control_poll(&handle->control)
                                                  : handle->kind == KIND_INPUT   ? input_poll(&handle->input)
                                                  : wanted[index].events;
    if (handle->kind != KIND_INPUT) others[index].fd = -1;
    wanted[index].revents = events & (wanted[index].events | POLLERR | POLLHUP);
    ready += wanted[index].revents != 0;
    if (soonest < *wake) *wake = soonest;
  }
  lab_unlock();
  return ready;
}

static int wait_for(struct pollfd *wanted, nfds_t count, int64_t timeout_ns, const sigset_t *signals) {
  int has_ours = 0;
  for (nfds_t index = 0; index < count; index++) has_ours |= handle_of(wanted[index].fd) != NULL;
  if (!has_ours) {
    struct timespec span = as_timespec(timeout_ns < 0 ? 0 : timeout_ns);
    return real_ppoll(wanted, count, timeout_ns < 0 ? NULL : &span, signals);
  }
  struct pollfd others[count];
  int64_t now = monotonic(), deadline = timeout_ns < 0 ? INT64_MAX : now + timeout_ns;
  for (;;) {
    int64_t wake = now + LOOK_NS;
    if (deadline < wake) wake = deadline;
    int ready = look(wanted, others, count, &wake);
    now = monotonic();
    struct timespec span = as_timespec(ready || wake <= now ? 0 : wake - now);
    int result = real_ppoll(others, count, &span, signals);
    if (result < 0) return result;
    for (nfds_t index = 0; index < count; index++) {
      if (handle_of(wanted[index].fd) && others[index].fd < 0) continue;
      short had = wanted[index].revents;
      if (!handle_of(wanted[index].fd)) had = wanted[index].revents = others[index].revents;
      else if (others[index].revents & POLLIN) wanted[index].revents |= POLLIN & wanted[index].events;
      else continue;
      ready += had == 0 || !handle_of(wanted[index].fd) ? wanted[index].revents != 0 : 0;
    }
    if (ready) return ready;
    now = monotonic();
    if (now >= deadline) return 0;
  }
}

int poll(struct pollfd *wanted, nfds_t count, int timeout) {
  if (!real_open) prepare();
  return wait_for(wanted, count, timeout < 0 ? -1 : timeout * 1000000LL, NULL);
}
int __poll_chk(struct pollfd *wanted, nfds_t count, int timeout, size_t room) {
  if (room / sizeof *wanted < count) abort();
  return poll(wanted, count, timeout);
}
int ppoll(struct pollfd *wanted, nfds_t count, const struct timespec *span, const sigset_t *signals) {
  if (!real_open) prepare();
  return wait_for(wanted, count, span ? span->tv_sec * NANO + span->tv_nsec : -1, signals);
}
int __ppoll_chk(struct pollfd *wanted, nfds_t count, const struct timespec *span, const sigset_t *signals,
                size_t room) {
  if (room / sizeof *wanted < count) abort();
  return ppoll(wanted, count, span, signals);
}
