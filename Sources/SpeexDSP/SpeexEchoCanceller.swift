internal import CSpeexDSP
public import VoiceCore

/// speexdsp's echo canceller and preprocessor: the canceller's output goes to the recogniser nearly
/// linear, the preprocessor's suppresses what echo and noise are left, for detection only.
public struct SpeexEchoCanceller: EchoCanceller, ~Copyable {
  /// Bulk delay and the room's tail together.
  public static let tail = SampleSpan.milliseconds(200)

  private let echo: OpaquePointer
  private let preprocessor: OpaquePointer
  /// Frames since the loudspeaker last played; an idle canceller must not eat the talker.
  private var silentFrames = SpeexEchoCanceller.tail.frames
  private var isBypassed = true

  private init(echo: OpaquePointer, preprocessor: OpaquePointer) {
    self.echo = echo
    self.preprocessor = preprocessor
  }
  deinit {
    speex_preprocess_state_destroy(preprocessor)
    speex_echo_state_destroy(echo)
  }

  public static func open() -> SpeexEchoCanceller {
    let frame = CInt(Frame.sampleCount)
    // Both only fail when memory does, and then so does everything else.
    let echo = speex_echo_state_init(frame, CInt(tail.samples))!
    let preprocessor = speex_preprocess_state_init(frame, CInt(Frame.sampleRate))!
    var rate = CInt(Frame.sampleRate)
    speex_echo_ctl(echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate)
    var on: CInt = 1
    speex_preprocess_ctl(preprocessor, SPEEX_PREPROCESS_SET_DENOISE, &on)
    return SpeexEchoCanceller(echo: echo, preprocessor: preprocessor)
  }

  public mutating func cancel(
    mic: borrowing Frame, reference: borrowing Frame, clean: inout Frame, suppressed: inout Frame
  ) -> Float {
    silentFrames = reference.isSilent ? min(silentFrames + 1, 1 << 20) : 0
    // Once its history holds only silence it can be left out without a seam.
    let bypass = silentFrames > SpeexEchoCanceller.tail.frames
    if bypass != isBypassed {
      isBypassed = bypass
      speex_preprocess_ctl(
        preprocessor, SPEEX_PREPROCESS_SET_ECHO_STATE, bypass ? nil : UnsafeMutableRawPointer(echo))
    }
    if bypass {
      clean = copy mic
    } else {
      let recorded = copy mic
      let played = copy reference
      withUnsafeBytes(of: recorded.samples) { recorded in
        withUnsafeBytes(of: played.samples) { played in
          withUnsafeMutableBytes(of: &clean.samples) { clean in
            speex_echo_cancellation(
              echo, recorded.assumingMemoryBound(to: Int16.self).baseAddress!,
              played.assumingMemoryBound(to: Int16.self).baseAddress!,
              clean.assumingMemoryBound(to: Int16.self).baseAddress!)
          }
        }
      }
    }
    suppressed = clean
    withUnsafeMutableBytes(of: &suppressed.samples) {
      _ = speex_preprocess_run(preprocessor, $0.assumingMemoryBound(to: Int16.self).baseAddress!)
    }
    var percent: CInt = 0
    speex_preprocess_ctl(preprocessor, SPEEX_PREPROCESS_GET_PROB, &percent)
    return Float(percent) / 100
  }
}
