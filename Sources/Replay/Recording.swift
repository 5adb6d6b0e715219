internal import Linux
internal import Room
internal import VoiceCore

/// A WAV file as frames. Only its bytes are kept: an hour is 115 MB.
struct Recording {
  /// Ten hours of one channel.
  static let largestFile = 1_200 << 20

  let path: String
  let samples: Int
  private let bytes: [UInt8]
  private let layout: WaveLayout

  var frames: Int { (samples + Frame.sampleCount - 1) / Frame.sampleCount }

  static func load(_ path: String) throws(Trouble) -> Recording {
    let bytes: [UInt8]
    do throws(LinuxError) { bytes = try Files.read(path, limit: largestFile) } catch {
      throw Trouble(sentence: error.description)
    }
    do throws(WaveError) {
      let layout = try WaveLayout(of: bytes)
      guard layout.rate == Frame.sampleRate, layout.channels == 1 else {
        throw .wrongShape(rate: layout.rate, channels: layout.channels)
      }
      return Recording(path: path, bytes: bytes, layout: layout)
    } catch {
      var sentence = "\(path): \(error.description)"
      if error.isShape { sentence += "; sox can convert it: \(conversion(of: path))" }
      throw Trouble(sentence: sentence)
    }
  }

  private init(path: String, bytes: [UInt8], layout: WaveLayout) {
    self.path = path
    self.bytes = bytes
    self.layout = layout
    samples = layout.samples
  }

  /// The last frame is filled up with silence.
  func frame(_ number: Int, into frame: inout Frame) {
    let start = number * Frame.sampleCount
    let count = min(Frame.sampleCount, samples - start)
    for index in 0..<count { frame[index] = layout.sample(start + index, in: bytes) }
    for index in count..<Frame.sampleCount { frame[index] = 0 }
  }

  /// A line to copy. Quoted for the shell, whatever the name is.
  private static func conversion(of path: String) -> String {
    "sox \(quoted(path)) -r 16000 -c 1 -b 16 -e signed-integer \(quoted(path + ".16k.wav"))"
  }

  private static func quoted(_ text: String) -> String {
    var bytes: [UInt8] = [quote]
    for byte in text.utf8 {
      if byte == quote { bytes += "'\\'".utf8 }
      bytes.append(byte)
    }
    bytes.append(quote)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static let quote = UInt8(ascii: "'")
}
