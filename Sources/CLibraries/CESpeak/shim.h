#ifndef AURICLE_CESPEAK_H
#define AURICLE_CESPEAK_H
#include <espeak-ng/speak_lib.h>
#include <math.h>
#include <unistd.h>
#endif
