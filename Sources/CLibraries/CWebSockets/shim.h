#ifndef AURICLE_CWEBSOCKETS_H
#define AURICLE_CWEBSOCKETS_H
#include <errno.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libwebsockets.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// Function-like macros underneath.
enum {
  CWEBSOCKETS_PRE = LWS_PRE,
  CWEBSOCKETS_MAY_SHOW_CERTIFICATE =
      LWS_SERVER_OPTION_REQUIRE_VALID_OPENSSL_CLIENT_CERT | LWS_SERVER_OPTION_PEER_CERT_NOT_REQUIRED,
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

// How much of what was sent the other machine has acknowledged; -1 when the socket cannot say.
static inline int64_t cwebsockets_acknowledged(int fd) {
  uint64_t info[64];
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, 11 /* TCP_INFO */, info, &size) || size < 128) return -1;
  return (int64_t)info[120 / 8];
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

// Whom an address belongs to, as far as one can tell from outside: an IPv4 address, or the first half
// of an IPv6 one, which is what a single customer has. 0: not a network socket.
static inline uint64_t cwebsockets_neighbour(int fd) {
  struct sockaddr_storage from = {0};
  socklen_t size = sizeof from;
  if (getpeername(fd, (struct sockaddr *)&from, &size)) return 0;
  uint64_t half = 0;
  uint32_t four;
  if (from.ss_family == AF_INET) {
    four = ntohl(((struct sockaddr_in *)&from)->sin_addr.s_addr);
    return 0xffff00000000ull | four;
  }
  if (from.ss_family != AF_INET6) return 0;
  const uint8_t *bytes = ((struct sockaddr_in6 *)&from)->sin6_addr.s6_addr;
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!memcmp(bytes, mapped, 12)) {
    memcpy(&four, bytes + 12, 4);
    return 0xffff00000000ull | ntohl(four);
  }
  for (int i = 0; i < 8; i++) half = half << 8 | bytes[i];
  return half;
}
static inline void cwebsockets_neighbour_text(int fd, char *text, unsigned size) {
  struct sockaddr_storage from = {0};
  socklen_t length = sizeof from;
  text[0] = 0;
  if (getpeername(fd, (struct sockaddr *)&from, &length)) return;
  getnameinfo((struct sockaddr *)&from, length, text, size, 0, 0, NI_NUMERICHOST);
}

// 0 when something can listen there, else the system's reason. lws would wait, without a word, for
// an interface that is not there to come.
static inline int cwebsockets_try_interface(const char *name) {
  struct addrinfo *list;
  if (cwebsockets_addresses(name, 1, &list) == 0) {
    int result = EADDRNOTAVAIL;
    int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
      result = bind(fd, list->ai_addr, list->ai_addrlen) ? errno : 0;
      close(fd);
    } else {
      result = errno;
    }
    freeaddrinfo(list);
    return result;
  }
  struct ifaddrs *all;
  if (getifaddrs(&all)) return errno;
  int result = ENODEV;
  for (struct ifaddrs *one = all; one; one = one->ifa_next) {
    if (strcmp(one->ifa_name, name)) continue;
    if (one->ifa_addr && (one->ifa_addr->sa_family == AF_INET || one->ifa_addr->sa_family == AF_INET6)) {
      result = 0;
      break;
    }
    result = EADDRNOTAVAIL;
  }
  freeifaddrs(all);
  return result;
}

// The common name in the caller's certificate, which OpenSSL found good: its length, 0 when there is
// no certificate, -1 when it is not good or has no single name that fits. lws's own function finds
// "/CN=" in any other part of the subject, too.
static inline int cwebsockets_caller_name(struct lws *wsi, char *name, int room) {
  SSL *ssl = lws_get_ssl(wsi);
  X509 *certificate = ssl ? SSL_get1_peer_certificate(ssl) : 0;
  if (!certificate) return 0;
  int length = -1;
  X509_NAME *subject = X509_get_subject_name(certificate);
  int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (SSL_get_verify_result(ssl) == X509_V_OK && at >= 0 &&
      X509_NAME_get_index_by_NID(subject, NID_commonName, at) < 0) {
    unsigned char *text = 0;
    int got = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (got > 0 && got <= room) {
      memcpy(name, text, (size_t)got);
      length = got;
    }
    if (got >= 0) OPENSSL_free(text);
  }
  X509_free(certificate);
  return length;
}

// Notices a peer that no longer takes what is sent, or that no longer is there, without a word of it.
static inline int cwebsockets_impatience(int fd, int unanswered_ms, int idle_seconds) {
  int on = 1, probe_seconds = 3;
  return setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms) |
         setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) |
         setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds) |
         setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_seconds, sizeof probe_seconds);
}

// OpenSSL's macros, underneath function-like ones as well.
enum {
  CWEBSOCKETS_HANDSHAKE_START = SSL_CB_HANDSHAKE_START,
  CWEBSOCKETS_READ_ALERT = SSL_CB_READ_ALERT,
};
// Else OpenSSL would ask for the password of a key on the terminal.
static inline int cwebsockets_no_password(char *room, int size, int writing, void *nothing) {
  (void)room, (void)size, (void)writing, (void)nothing;
  return -1;
}
static inline SSL_CTX *cwebsockets_tls_client(void) {
  SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
  if (!tls) return 0;
  if (!SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION)) {
    SSL_CTX_free(tls);
    return 0;
  }
  SSL_CTX_set_mode(tls, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(tls, cwebsockets_no_password);
  return tls;
}
// Addresses are no names: RFC 6066, 3.
static inline void cwebsockets_tls_without_name(SSL *tls) { SSL_set_tlsext_host_name(tls, 0); }

// The pin of one certificate of a chain, 0 for the server's own: SHA-256 of its public key with the
// key's algorithm (SubjectPublicKeyInfo), in base64. False when there is no such certificate.
static inline int cwebsockets_chain_pin(X509_STORE_CTX *chain, int place, char text[45]) {
  STACK_OF(X509) *all = X509_STORE_CTX_get0_chain(chain);
  unsigned char *key = 0, digest[SHA256_DIGEST_LENGTH];
  if (!all || place >= sk_X509_num(all)) return 0;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(sk_X509_value(all, place)), &key);
  if (size <= 0) return 0;
  SHA256(key, (size_t)size, digest);
  OPENSSL_free(key);
  return EVP_EncodeBlock((unsigned char *)text, digest, sizeof digest) == 44;
}

// A system whose time_t has 32 bits ends in 2038; until then nothing may wrap around.
static inline time_t cwebsockets_time(int64_t seconds) {
  return sizeof(time_t) == 4 && seconds > INT32_MAX ? (time_t)INT32_MAX : (time_t)seconds;
}
static inline void cwebsockets_judge_at(X509_VERIFY_PARAM *rules, int64_t seconds) {
  X509_VERIFY_PARAM_set_time(rules, cwebsockets_time(seconds));
}
static inline void cwebsockets_day(int64_t seconds, char *text, int size) {
  time_t moment = cwebsockets_time(seconds);
  struct tm parts;
  if (!gmtime_r(&moment, &parts) || !strftime(text, (size_t)size, "%Y-%m-%d", &parts)) text[0] = 0;
}

// When the first certificate of the chain runs out, in seconds since 1970; 0 when that cannot be read.
static inline int64_t cwebsockets_chain_end(X509_STORE_CTX *chain) {
  STACK_OF(X509) *all = X509_STORE_CTX_get0_chain(chain);
  ASN1_TIME *start = ASN1_TIME_set(0, 0);
  int64_t end = 0;
  for (int place = 0; start && all && place < sk_X509_num(all); place++) {
    int days, seconds;
    if (!ASN1_TIME_diff(&days, &seconds, start, X509_get0_notAfter(sk_X509_value(all, place)))) continue;
    int64_t this_end = (int64_t)days * 86400 + seconds;
    if (!end || this_end < end) end = this_end;
  }
  ASN1_TIME_free(start);
  return end;
}

// When the first certificate in a file runs out, in seconds since 1970; 0 when it cannot be read.
static inline int64_t cwebsockets_file_end(const char *path) {
  BIO *file = BIO_new_file(path, "r");
  X509 *certificate = file ? PEM_read_bio_X509(file, 0, cwebsockets_no_password, 0) : 0;
  ASN1_TIME *start = ASN1_TIME_set(0, 0);
  int days, seconds;
  int64_t end = 0;
  if (certificate && start && ASN1_TIME_diff(&days, &seconds, start, X509_get0_notAfter(certificate)))
    end = (int64_t)days * 86400 + seconds;
  ASN1_TIME_free(start);
  X509_free(certificate);
  BIO_free(file);
  ERR_clear_error();
  return end;
}

// The last things lws had to say on this thread: its log is the only place where it tells why.
typedef struct {
  char error[240];
  char tls[120];
  unsigned long tls_code;
  int connect_code;
  int accept_code;
} cwebsockets_words;
static inline cwebsockets_words *cwebsockets_last_words(void) {
  static _Thread_local cwebsockets_words words;
  return &words;
}
#endif
