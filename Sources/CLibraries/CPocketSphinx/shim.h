#ifndef AURICLE_CPOCKETSPHINX_H
#define AURICLE_CPOCKETSPHINX_H
#include <pocketsphinx.h>
#endif
