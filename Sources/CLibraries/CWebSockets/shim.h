#ifndef AURICLE_CWEBSOCKETS_H
#define AURICLE_CWEBSOCKETS_H
#include <libwebsockets.h>
// LWS_PRE is a function-like macro underneath.
enum { CWEBSOCKETS_PRE = LWS_PRE };
#endif
