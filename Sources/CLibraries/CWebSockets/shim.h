#ifndef AURICLE_CWEBSOCKETS_H
#define AURICLE_CWEBSOCKETS_H
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libwebsockets.h>

// Function-like macros underneath.
enum {
  CWEBSOCKETS_PRE = LWS_PRE,
  CWEBSOCKETS_NO_OLD_TLS = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1,
};

// lws hands back the address of `sul`, which is the address of the whole.
typedef struct {
  lws_sorted_usec_list_t sul;
  void *owner;
} cwebsockets_alarm;

static inline int cwebsockets_errno(void) { return errno; }
// Variadic in C.
static inline int cwebsockets_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 0); }

// Bytes this TCP connection sent and received, as the kernel counted them. glibc's struct tcp_info
// ends before these two; their places are part of the kernel's interface and never change.
static inline int cwebsockets_traffic(int fd, int64_t *sent, int64_t *received) {
  uint64_t info[64];
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, 11 /* TCP_INFO */, info, &size) || size < 208) return -1;
  *received = (int64_t)info[128 / 8];
  *sent = (int64_t)info[200 / 8];
  return 0;
}

// The option's constants are enumerators of different types in different headers.
static inline int cwebsockets_addresses(const char *host, int numeric_only, struct addrinfo **list) {
  struct addrinfo wanted = {0};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = numeric_only ? AI_NUMERICHOST : 0;
  return getaddrinfo(host, 0, &wanted, list);
}
static inline int cwebsockets_address_text(const struct addrinfo *address, char *text, unsigned size) {
  return getnameinfo(address->ai_addr, address->ai_addrlen, text, size, 0, 0, NI_NUMERICHOST);
}

// The last things lws had to say on this thread: its log is the only place where it tells why.
typedef struct {
  char error[240];
  char tls[120];
  int connect_code;
} cwebsockets_words;
static inline cwebsockets_words *cwebsockets_last_words(void) {
  static _Thread_local cwebsockets_words words;
  return &words;
}
#endif
