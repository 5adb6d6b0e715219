// The words of a card's page, 64 bits each, in this order. The test writes the first part while the
// programs run; the lab tells in the second. cards.py finds the places of the words in this file.
#ifndef FIELD
#error "define FIELD(name) first"
#endif
FIELD(epoch)           // counts pulls: whatever was opened under another epoch is disconnected
FIELD(number)          // the card's number while it is plugged in
FIELD(suspends)        // counts suspends: each takes what runs into the suspended state
FIELD(holder)          // a process that holds the card: opening answers EBUSY
FIELD(open_error)      // what opening answers, an errno, 0 for none
FIELD(read_error)      // the same of reads, as often as read_errors says; -1 is for ever
FIELD(read_errors)
FIELD(write_error)
FIELD(write_errors)
FIELD(prepare_error)
FIELD(prepare_errors)
FIELD(capture_stuck)   // not 0: no more frames, and no word about it
FIELD(playback_stuck)
FIELD(capture_ppb)     // how much faster the card's clock runs than CLOCK_MONOTONIC, in 1e-9
FIELD(playback_ppb)
FIELD(capture_rate)    // the rate it really runs at, in millihertz; 0: the one it claims
FIELD(playback_rate)
FIELD(mic_silent)      // the microphone hears nothing, not even noise
FIELD(mic_offset)      // direct current, in samples of 16 bits
FIELD(mic_clip)        // the microphone's amplifier clips here, in samples of 16 bits; 0: at full scale
FIELD(mic_gain)        // of all that it hears, in hundredths of a decibel
FIELD(mic_dead)        // bits of the channels that are silent
FIELD(mic_swap)        // not 0: the first two channels are exchanged
FIELD(echo_off)        // not 0: no loudspeaker is heard
FIELD(echo_gain)       // of all loudspeakers that it hears, in hundredths of a decibel
FIELD(echo_delay)      // how much later all of them come, in nanoseconds
FIELD(echo_clip)       // where they clip, in samples of 16 bits; 0: as their description says
FIELD(noise)           // in hundredths of dBFS; 0: what the card's description says
FIELD(log_off)         // not 0: no diary of what is played
FIELD(control_error)   // what writing the mixer answers

FIELD(playback_state)  // from here on told by the lab: the state by its number in the ALSA interface
FIELD(capture_state)
FIELD(playback_opens)
FIELD(capture_opens)
FIELD(playback_frames) // in all
FIELD(capture_frames)
FIELD(playback_runs)   // setups that were started, each with a diary of its own
FIELD(capture_runs)
FIELD(playback_xruns)
FIELD(capture_xruns)
FIELD(rewinds)         // frames taken back by the program
FIELD(playback_place)  // how far the program is: frames that it wrote since the start, less those it took back
FIELD(capture_place)   // and read
