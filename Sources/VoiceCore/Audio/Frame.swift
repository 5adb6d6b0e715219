/// Ten milliseconds of 16 kHz mono sound: the only unit inside the process.
public struct Frame: Sendable, BitwiseCopyable {
  public static let sampleCount = 160
  public static let sampleRate = 16_000
  public static let span = SampleSpan(samples: Int64(sampleCount))

  public var samples: InlineArray<160, Int16>

  public init(repeating sample: Int16 = 0) { samples = InlineArray(repeating: sample) }

  public static let silence = Frame()

  @inline(__always)
  public subscript(index: Int) -> Int16 {
    get { samples[index] }
    set { samples[index] = newValue }
  }

  public var isSilent: Bool {
    var seen = SIMD8<Int16>()
    eachEight { seen |= $0 }
    return seen == SIMD8<Int16>()
  }

  /// All samples in order, as vectors.
  @inline(__always)
  func eachEight(_ body: (SIMD8<Int16>) -> Void) {
    withUnsafeBytes(of: samples) { bytes in
      var place = 0
      while place < bytes.count {
        body(bytes.loadUnaligned(fromByteOffset: place, as: SIMD8<Int16>.self))
        place += 16
      }
    }
  }
}

extension Frame {
  /// - Parameter gain: one or less; a sound that is made louder would have to be clipped.
  public mutating func scale(by gain: Float) {
    guard gain != 1 else { return }
    let bounded = max(0, min(1, gain))
    for index in 0..<Frame.sampleCount {
      self[index] = Int16((Float(self[index]) * bounded).rounded())
    }
  }
}

extension Frame: Equatable {
  // InlineArray is not Equatable in 6.3.
  public static func == (left: Frame, right: Frame) -> Bool {
    for index in 0..<Frame.sampleCount where left.samples[index] != right.samples[index] {
      return false
    }
    return true
  }
}

extension Frame {
  /// Frames of `sound`, the last one filled up with silence.
  public static func cut(_ sound: [Int16]) -> [Frame] {
    var frames: [Frame] = []
    var start = 0
    while start < sound.count {
      var frame = Frame()
      for index in 0..<min(sampleCount, sound.count - start) { frame[index] = sound[start + index] }
      frames.append(frame)
      start += sampleCount
    }
    return frames
  }
}
