#ifndef AURICLE_CALSA_H
#define AURICLE_CALSA_H
#include <alsa/asoundlib.h>
// The handler is variadic, which Swift cannot write. What went wrong comes back as a code as well.
static inline void calsa_say_nothing(const char *file, int line, const char *function, int code,
                                     const char *format, ...) {
  (void)file; (void)line; (void)function; (void)code; (void)format;
}
static inline void calsa_be_quiet(void) { snd_lib_error_set_handler(calsa_say_nothing); }
#endif
