internal import CSpeexDSP
public import VoiceCore

/// The speech probability of speexdsp's preprocessor. By its own words a stand-in for a detector,
/// but its probability knows the noise floor in fine bands.
public struct SpeexSpeechHint: SpeechHint, ~Copyable {
  private let preprocessor: OpaquePointer
  /// The preprocessor writes its own idea of the frame over it.
  private var scratch = Frame()

  private init(_ preprocessor: OpaquePointer) { self.preprocessor = preprocessor }
  deinit { speex_preprocess_state_destroy(preprocessor) }

  public static func open() -> SpeexSpeechHint {
    // It only fails when memory does, and then so does everything else.
    SpeexSpeechHint(
      speex_preprocess_state_init(CInt(Frame.sampleCount), CInt(Frame.sampleRate))!)
  }

  public mutating func hear(_ frame: borrowing Frame) -> Float {
    scratch = copy frame
    withUnsafeMutableBytes(of: &scratch.samples) {
      _ = speex_preprocess_run(preprocessor, $0.assumingMemoryBound(to: Int16.self).baseAddress!)
    }
    var percent: CInt = 0
    speex_preprocess_ctl(preprocessor, SPEEX_PREPROCESS_GET_PROB, &percent)
    return Float(percent) / 100
  }
}
