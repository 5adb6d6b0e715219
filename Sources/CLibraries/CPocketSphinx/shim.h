#ifndef AURICLE_CPOCKETSPHINX_H
#define AURICLE_CPOCKETSPHINX_H
#include <pocketsphinx.h>
#include <sphinxbase/cmn.h>
#include <sphinxbase/err.h>
#include <stdint.h>
#include <unistd.h>
// GNU; by hand, as _GNU_SOURCE would make glibc's types differ from those of Swift's Glibc module.
extern int memfd_create(const char *, unsigned);
// FILE pointers do not import; NULL stops the library from writing to standard error.
static inline void cps_be_quiet(void) { err_set_logfp((FILE *)0); }
#endif
