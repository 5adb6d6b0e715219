// What speexdsp's resampler does at one quality, for tools/resampling.
//
// usage: resampling FROM TO QUALITY            figures of its sound
//        resampling FROM TO QUALITY SECONDS    nothing but the work, for counting instructions
#include <math.h>
#include <speex/speex_resampler.h>
#include <stdio.h>
#include <stdlib.h>

static int from, to, quality;

// A second of a tone, and how much of it comes out at another frequency, in dB.
static double level(double hertz, double out_hertz) {
  SpeexResamplerState *state = speex_resampler_init(1, from, to, quality, NULL);
  float *in = malloc(from * sizeof *in), *out = malloc((to + 1000) * sizeof *out);
  for (int i = 0; i < from; i++) in[i] = 10000 * (float)sin(2 * M_PI * hertz * i / from);
  spx_uint32_t taken = from, made = to + 1000;
  speex_resampler_process_float(state, 0, in, &taken, out, &made);
  double real = 0, imaginary = 0, weight = 0;
  for (int i = to / 20; i < (int)made - to / 20; i++) {
    double window = 0.5 - 0.5 * cos(2 * M_PI * (i - to / 20) / (made - to / 10));
    real += window * out[i] * cos(2 * M_PI * out_hertz * i / to);
    imaginary += window * out[i] * sin(2 * M_PI * out_hertz * i / to);
    weight += window;
  }
  speex_resampler_destroy(state);
  free(in);
  free(out);
  return 20 * log10(2 * hypot(real, imaginary) / weight / 10000 + 1e-9);
}

int main(int count, char **words) {
  if (count < 4) return 2;
  from = atoi(words[1]), to = atoi(words[2]), quality = atoi(words[3]);
  if (count > 4) {
    SpeexResamplerState *state = speex_resampler_init(1, from, to, quality, NULL);
    float in[1920], out[1920];
    for (int i = 0; i < 1920; i++) in[i] = (float)(i * 7919 % 20000 - 10000);
    for (int block = 0; block < 100 * atoi(words[4]); block++) {
      spx_uint32_t taken = from / 100, made = 1920;
      speex_resampler_process_float(state, 0, in, &taken, out, &made);
    }
    return 0;
  }
  int least = from < to ? from : to;
  // Up to where it is flat, and what is left of the loudest that is folded back or mirrored.
  double edge = 0, alias = -200, voice = -200;
  for (double hertz = 100; hertz < least / 2; hertz += 50)
    if (level(hertz, hertz) > -1) edge = hertz; else break;
  for (double hertz = least / 2 + 100; hertz < least; hertz += 100) {
    double heard = from > to ? level(hertz, least - hertz) : level(least - hertz, hertz);
    if (heard > alias) alias = heard;
    // Folded to below 7 kHz, where words are.
    if (hertz >= least - 7000 && heard > voice) voice = heard;
  }
  SpeexResamplerState *state = speex_resampler_init(1, from, to, quality, NULL);
  printf("flat_hz %.0f\nalias_db %.0f\nalias_below_7_khz_db %.0f\ndelay_ms %.2f\n", edge, alias, voice,
         1000.0 * speex_resampler_get_input_latency(state) / from);
}
