#ifndef AURICLE_CALSA_H
#define AURICLE_CALSA_H
#include <alsa/asoundlib.h>
#endif
