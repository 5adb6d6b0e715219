/// Numbers in one place for as long as their owner lives: taken at start, so that the audio thread
/// never has to ask for any, and aligned for vectors.
///
/// Whoever owns it indexes within `count`; nothing checks that in a release build, which is what
/// lets the loops of the canceller run as vectors. A class, because Embedded Swift cannot take apart
/// in one module what another one keeps to itself.
final class FloatMemory {
  let start: UnsafeMutablePointer<Float>
  let count: Int

  /// - Parameter count: rounded up to whole vectors; all of it is zero.
  init(count: Int) {
    self.count = FloatMemory.padded(count)
    start = UnsafeMutableRawPointer.allocate(
      byteCount: self.count * MemoryLayout<Float>.stride, alignment: 32
    ).bindMemory(to: Float.self, capacity: self.count)
    start.initialize(repeating: 0, count: self.count)
  }

  deinit { UnsafeMutableRawPointer(start).deallocate() }

  /// The next multiple of a vector's width.
  static func padded(_ count: Int) -> Int { (count + 7) & ~7 }

  @inline(__always)
  subscript(index: Int) -> Float {
    get {
      assert(index >= 0 && index < count)
      return start[index]
    }
    set {
      assert(index >= 0 && index < count)
      start[index] = newValue
    }
  }

  func clear() { start.update(repeating: 0, count: count) }
}

/// Four numbers at once: what both NEON and the oldest x86_64 have.
typealias Vector = SIMD4<Float>

extension UnsafeMutablePointer<Float> {
  /// As `update(from:count:)`, which a build for size makes a call for each number.
  @inline(__always)
  func copy(from source: UnsafePointer<Float>, count: Int) {
    UnsafeMutableRawPointer(self).copyMemory(
      from: source, byteCount: count * MemoryLayout<Float>.stride)
  }

  /// Four numbers from `index` on.
  @inline(__always)
  func vector(_ index: Int) -> Vector {
    UnsafeRawPointer(self + index).loadUnaligned(as: Vector.self)
  }

  @inline(__always)
  func store(_ vector: Vector, at index: Int) {
    UnsafeMutableRawPointer(self + index).storeBytes(of: vector, as: Vector.self)
  }
}

extension Float {
  /// Of full scale 1, as a sample of 16 bits; what is too loud is clipped.
  @inline(__always)
  var sample: Int16 {
    let value = self * 32_768
    // To the nearest, halves away from zero; the library's own rounding is a call.
    return Int16(Swift.max(-32_768, Swift.min(32_767, value + (value < 0 ? -0.5 : 0.5))))
  }
}

extension Frame {
  /// The samples in place: a borrowed frame is copied as a whole each time one of them is asked
  /// for by its number.
  @inline(__always)
  func read(_ body: (UnsafePointer<Int16>) -> Void) {
    withUnsafeBytes(of: samples) { body($0.assumingMemoryBound(to: Int16.self).baseAddress!) }
  }

  /// The samples as numbers; full scale is 1.
  @inline(__always)
  func unpack(into numbers: UnsafeMutablePointer<Float>) {
    read { samples in
      for index in 0..<Frame.sampleCount {
        numbers[index] = Float(samples[index]) * (1 / 32_768)
      }
    }
  }

  /// Numbers as samples, those that are too loud clipped.
  @inline(__always)
  mutating func pack(_ numbers: UnsafeMutablePointer<Float>) {
    withUnsafeMutableBytes(of: &samples) { bytes in
      let samples = bytes.assumingMemoryBound(to: Int16.self)
      for index in 0..<Frame.sampleCount { samples[index] = numbers[index].sample }
    }
  }
}
