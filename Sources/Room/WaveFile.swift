/// Sound as a WAV file held it: 16-bit samples, channels taking turns.
public struct WaveSound: Equatable, Sendable {
  public var rate: Int
  public var channels: Int
  public var samples: [Int16]

  public init(rate: Int, channels: Int, samples: [Int16]) {
    self.rate = rate
    self.channels = channels
    self.samples = samples
  }

  /// One channel by itself; a channel that is not there is empty.
  public func channel(_ number: Int) -> [Int16] {
    guard channels > 0, number >= 0, number < channels else { return [] }
    var alone: [Int16] = []
    alone.reserveCapacity(samples.count / channels)
    var index = number
    while index < samples.count {
      alone.append(samples[index])
      index += channels
    }
    return alone
  }

  /// The samples, when they are what the room and the core work with: 16 kHz mono.
  public func mono16kHz() throws(WaveError) -> [Int16] {
    guard rate == 16_000, channels == 1 else {
      throw .wrongShape(rate: rate, channels: channels)
    }
    return samples
  }
}

/// Reads and writes WAV files of 16-bit PCM. What the file says about itself is believed only as
/// far as its bytes reach.
public enum WaveFile {
  /// Size of the header that `header` writes; the samples follow it directly.
  public static let headerSize = 44
  public static let mostChannels = 8
  public static let rates = 1...384_000

  public static func decode(_ bytes: [UInt8]) throws(WaveError) -> WaveSound {
    let layout = try WaveLayout(of: bytes)
    var samples = [Int16](repeating: 0, count: layout.samples)
    for index in 0..<samples.count { samples[index] = layout.sample(index, in: bytes) }
    return WaveSound(rate: layout.rate, channels: layout.channels, samples: samples)
  }

  public static func encode(_ sound: WaveSound) -> [UInt8] {
    var bytes = header(
      rate: sound.rate, channels: sound.channels,
      frames: sound.samples.count / max(1, sound.channels))
    bytes.reserveCapacity(headerSize + 2 * sound.samples.count)
    for sample in sound.samples {
      bytes.append(UInt8(truncatingIfNeeded: sample))
      bytes.append(UInt8(truncatingIfNeeded: sample >> 8))
    }
    return bytes
  }

  /// A header for `frames` samples per channel. A sound too long for the format's 32 bits is
  /// declared as long as they can say.
  public static func header(rate: Int, channels: Int, frames: Int) -> [UInt8] {
    let frameBytes = 2 * max(1, channels)
    let most = (Int(UInt32.max) - 36) / frameBytes
    let data = max(0, min(frames, most)) * frameBytes
    var header: [UInt8] = []
    header.reserveCapacity(headerSize)
    func text(_ word: StaticString) { for index in 0..<4 { header.append(word.utf8Start[index]) } }
    func number(_ value: Int, bytes: Int) {
      for index in 0..<bytes { header.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
    text("RIFF")
    number(36 + data, bytes: 4)
    text("WAVE")
    text("fmt ")
    number(16, bytes: 4)
    number(1, bytes: 2)
    number(channels, bytes: 2)
    number(rate, bytes: 4)
    number(rate &* frameBytes, bytes: 4)
    number(frameBytes, bytes: 2)
    number(16, bytes: 2)
    text("data")
    number(data, bytes: 4)
    return header
  }
}
