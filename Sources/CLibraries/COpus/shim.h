#ifndef AURICLE_COPUS_H
#define AURICLE_COPUS_H
#include <opus/opus.h>
// opus_encoder_ctl is variadic, which Swift cannot call: one function for every request we make.
static inline int copus_encoder_set(OpusEncoder *encoder, int request, opus_int32 value) {
  return opus_encoder_ctl(encoder, request, value);
}
static inline int copus_decoder_reset(OpusDecoder *decoder) {
  return opus_decoder_ctl(decoder, OPUS_RESET_STATE);
}
// The request names are macros over casts; these are their numbers.
enum {
  COPUS_SET_BITRATE = OPUS_SET_BITRATE_REQUEST,
  COPUS_SET_COMPLEXITY = OPUS_SET_COMPLEXITY_REQUEST,
  COPUS_SET_DTX = OPUS_SET_DTX_REQUEST,
  COPUS_SET_SIGNAL = OPUS_SET_SIGNAL_REQUEST,
  COPUS_SET_VBR = OPUS_SET_VBR_REQUEST,
};
#endif
