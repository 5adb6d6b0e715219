// Counts what one thread asks of the allocator. Preloaded into the daemon by tools/noalloc, which
// reads the counts while the daemon runs, twice, and wants no difference.
//
//   AURICLE_NOALLOC_THREAD   the name the thread gives itself (default: audio)
//   AURICLE_NOALLOC_FILE     where the counts go: struct record, below
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST_CALLERS = 8, LONGEST_NAME = 56 };

// The reader in tools/noalloc knows this layout.
struct record {
  atomic_uint_fast64_t calls_in_all;
  atomic_uint_fast64_t calls_watched;
  atomic_uint_fast64_t threads_watched;
  struct {
    uint64_t offset;
    char object[LONGEST_NAME];
  } callers[MOST_CALLERS];
};

static struct record nowhere, *record = &nowhere;
// Initial-exec: a thread's first look at the flag must not itself allocate.
static __thread int watched __attribute__((tls_model("initial-exec")));

// glibc's own names: looking the real ones up would call the allocator before it is there.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

__attribute__((constructor)) static void open_record(void) {
  const char *path = getenv("AURICLE_NOALLOC_FILE");
  int file = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
  if (file < 0) return;
  if (ftruncate(file, sizeof *record) == 0) {
    void *memory = mmap(0, sizeof *record, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory != MAP_FAILED) record = memory;
  }
  close(file);
}

int pthread_setname_np(pthread_t thread, const char *name) {
  int (*real)(pthread_t, const char *) = dlsym(RTLD_NEXT, "pthread_setname_np");
  const char *wanted = getenv("AURICLE_NOALLOC_THREAD");
  if (pthread_equal(thread, pthread_self()) && strcmp(name, wanted ? wanted : "audio") == 0) {
    watched = 1;
    atomic_fetch_add(&record->threads_watched, 1);
  }
  return real ? real(thread, name) : ENOSYS;
}

// The return address is all there is to know a caller by: Embedded Swift keeps no unwind tables.
static void note(const void *caller) {
  atomic_fetch_add(&record->calls_in_all, 1);
  if (!watched) return;
  uint64_t before = atomic_fetch_add(&record->calls_watched, 1);
  if (before >= MOST_CALLERS) return;
  Dl_info place;
  if (!dladdr(caller, &place) || !place.dli_fname) return;
  const char *slash = strrchr(place.dli_fname, '/');
  strncpy(record->callers[before].object, slash ? slash + 1 : place.dli_fname, LONGEST_NAME - 1);
  record->callers[before].offset = (uint64_t)((const char *)caller - (const char *)place.dli_fbase);
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size) {
  note(CALLER);
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  note(CALLER);
  return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  note(CALLER);
  return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note(CALLER);
  return __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
  note(CALLER);
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  note(CALLER);
  void *found = __libc_memalign(alignment, size);
  if (!found) return ENOMEM;
  *memory = found;
  return 0;
}

void free(void *memory) {
  if (memory) note(CALLER);
  __libc_free(memory);
}
