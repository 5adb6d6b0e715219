#ifndef AURICLE_CLINUX_H
#define AURICLE_CLINUX_H
// No _GNU_SOURCE: in the regular build glibc's types would then differ from those of Swift's own
// Glibc module. The few GNU functions we use are declared by hand below.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// errno is a macro over a function call, which Swift cannot see.
static inline int clinux_errno(void) { return errno; }
static inline void clinux_set_errno(int value) { errno = value; }
// Variadic in C.
static inline int clinux_open(const char *path, int flags, mode_t mode) {
  return open(path, flags, mode);
}
static inline int clinux_get_flags(int fd) { return fcntl(fd, F_GETFL); }
static inline int clinux_set_flags(int fd, int flags) { return fcntl(fd, F_SETFL, flags); }
static inline int clinux_terminal_columns(int fd) {
  struct winsize size;
  return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
// What an ordinary user may still write there; -1 when nobody knows. Its types differ by machine.
static inline int64_t clinux_free_kib(const char *path) {
  struct statvfs facts;
  if (statvfs(path, &facts)) return -1;
  return (int64_t)((uint64_t)facts.f_bavail * facts.f_frsize / 1024);
}
// The resource's type depends on what else is included.
static inline long clinux_allow_descriptors(long wanted) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) return wanted;
  limit.rlim_cur = (rlim_t)wanted < limit.rlim_max ? (rlim_t)wanted : limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return getrlimit(RLIMIT_NOFILE, &limit) ? wanted : (long)limit.rlim_cur;
}
extern int pthread_setname_np(pthread_t, const char *);
static inline int clinux_name_this_thread(const char *name) {
  return pthread_setname_np(pthread_self(), name);
}
// struct ucred and its option are GNU extensions; the kernel's layout is three ints.
static inline int clinux_peer(int fd, int *pid, unsigned *uid, unsigned *gid) {
  struct { int pid; unsigned uid, gid; } peer;
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, 17 /* SO_PEERCRED */, &peer, &size)) return -1;
  *pid = peer.pid; *uid = peer.uid; *gid = peer.gid;
  return 0;
}
// The macro casts an enumerator, which Swift's importer refuses.
static inline int clinux_unix_stream(void) {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}
static inline int clinux_unix_datagram(void) {
  return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}
// News of network cards and their addresses: AF_NETLINK 16, NETLINK_ROUTE 0. The groups are bits.
static inline int clinux_network_news(unsigned groups) {
  struct { unsigned short family, padding; unsigned port, groups; } address = {16, 0, 0, groups};
  int fd = socket(16, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address)) {
    int code = errno;
    close(fd);
    errno = code;
    return -1;
  }
  return fd;
}
// Variadic in C.
static inline int clinux_ioctl(int fd, unsigned long request, void *argument) {
  return ioctl(fd, request, argument);
}
// SIG_IGN is a cast.
static inline void clinux_ignore(int signal_number) { signal(signal_number, SIG_IGN); }
extern int pipe2(int[2], int);
static inline int clinux_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }
extern int accept4(int, struct sockaddr *, socklen_t *, int);
static inline int clinux_accept(int fd) {
  return accept4(fd, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
enum { CLINUX_UNIX_PATH_OFFSET = offsetof(struct sockaddr_un, sun_path) };
extern char **environ;
static inline char **clinux_environment(void) { return environ; }
static inline int clinux_wait_status_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
#endif
