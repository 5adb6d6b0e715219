/// Why some bytes are not a WAV file we can use.
public enum WaveError: Error, Equatable, Sendable, CustomStringConvertible {
  case tooShort(bytes: Int)
  case notWave
  /// A part says it is longer than what is there.
  case cut(part: String, says: Int, has: Int)
  case missing(part: String)
  case notPCM16(coding: Int, bits: Int)
  case channels(Int)
  case rate(Int)
  case frameSize(says: Int, channels: Int)
  case uneven(bytes: Int, frame: Int)
  /// A good file, but not what the room plays.
  case wrongShape(rate: Int, channels: Int)

  /// It is sound, only not as we need it: a converter helps.
  public var isShape: Bool {
    switch self {
    case .notPCM16, .channels, .rate, .wrongShape: true
    case .tooShort, .notWave, .cut, .missing, .frameSize, .uneven: false
    }
  }

  public var description: String {
    switch self {
    case .tooShort(let bytes):
      return "not a WAV file: \(bytes) bytes are fewer than the 12 of its beginning"
    case .notWave:
      return "not a WAV file: it does not begin with RIFF and WAVE"
    case .cut(let part, let says, let has):
      return "the part '\(part)' says \(says) bytes but \(has) are there: "
        + "the file was cut short or its header was never finished"
    case .missing(let part):
      return "the part '\(part)' is missing"
    case .notPCM16(let coding, let bits):
      return "coding \(coding) with \(bits) bits a sample; needed is 16-bit PCM (coding 1)"
    case .channels(let count):
      return "\(count) channels; 1 to \(WaveFile.mostChannels) are possible"
    case .rate(let rate):
      return "a rate of \(rate) Hz; 1 to \(WaveFile.rates.upperBound) are possible"
    case .frameSize(let says, let channels):
      return "the header says \(says) bytes a frame, but \(channels) channels of 16 bits "
        + "make \(2 * channels)"
    case .uneven(let bytes, let frame):
      return "\(bytes) bytes of sound are not a whole number of \(frame)-byte frames"
    case .wrongShape(let rate, let channels):
      return "\(rate) Hz with \(channels) channels; needed is 16000 Hz mono"
    }
  }
}
