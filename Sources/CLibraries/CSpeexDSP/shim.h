#ifndef AURICLE_CSPEEXDSP_H
#define AURICLE_CSPEEXDSP_H
#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>
#include <speex/speex_resampler.h>
#endif
