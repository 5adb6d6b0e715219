/// One channel's numbers out of a card's bytes, and into them.
///
/// Numbers are 16-bit samples with a fraction: full scale is 32,768, whatever the card's format is.
public enum Interleaving {
  /// - Parameters:
  ///   - frameCount: how many samples of each channel `bytes` holds.
  ///   - channel: 1 is the first; 0 is the mean of all but `except`.
  ///   - except: a channel that is no microphone; 0: none.
  public static func read(
    _ bytes: UnsafeRawBufferPointer, _ shape: CardShape, frameCount: Int, channel: Int,
    except: Int = 0, into numbers: UnsafeMutablePointer<Float>
  ) {
    precondition(bytes.count >= frameCount * shape.bytesPerFrame && channel <= shape.channels)
    if channel > 0 {
      readOne(bytes, shape, frameCount, channel - 1, numbers)
      return
    }
    let isLeftOut = (1...shape.channels).contains(except) && shape.channels > 1
    let share = 1 / Float(isLeftOut ? shape.channels - 1 : shape.channels)
    if shape.channels == 1 { return readOne(bytes, shape, frameCount, 0, numbers) }
    for index in 0..<frameCount { numbers[index] = 0 }
    for place in 0..<shape.channels where !isLeftOut || place != except - 1 {
      add(bytes, shape, frameCount, place, share, numbers)
    }
  }

  private static func readOne(
    _ bytes: UnsafeRawBufferPointer, _ shape: CardShape, _ frameCount: Int, _ place: Int,
    _ numbers: UnsafeMutablePointer<Float>
  ) {
    let stride = shape.bytesPerFrame
    var at = place * shape.format.byteCount
    for index in 0..<frameCount {
      numbers[index] = number(bytes, at, shape.format)
      at += stride
    }
  }

  private static func add(
    _ bytes: UnsafeRawBufferPointer, _ shape: CardShape, _ frameCount: Int, _ place: Int,
    _ share: Float, _ numbers: UnsafeMutablePointer<Float>
  ) {
    let stride = shape.bytesPerFrame
    var at = place * shape.format.byteCount
    for index in 0..<frameCount {
      numbers[index] += share * number(bytes, at, shape.format)
      at += stride
    }
  }

  @inline(__always)
  private static func number(
    _ bytes: UnsafeRawBufferPointer, _ at: Int, _ format: SampleFormat
  ) -> Float {
    switch format {
    case .int16:
      return Float(Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int16.self)))
    case .int24:
      let bits = UInt32(
        littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
      // What stands in the fourth byte nobody promises.
      return Float(Int32(bitPattern: bits << 8)) / 65_536
    case .int24Packed:
      let bits =
        UInt32(bytes[at]) << 8 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 24
      return Float(Int32(bitPattern: bits)) / 65_536
    case .int32:
      return Float(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: Int32.self)))
        / 65_536
    case .float32:
      let bits = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self))
      let value = Float(bitPattern: bits)
      // A card may send anything; what is no number must not reach a filter.
      return value.isFinite ? max(-1, min(1, value)) * 32_768 : 0
    }
  }

  /// Writes one channel's numbers to `channel`, and silence to the others.
  ///
  /// - Parameter channel: 1 is the first; 0 is all of them.
  public static func write(
    _ numbers: UnsafePointer<Float>, frameCount: Int, _ shape: CardShape, channel: Int,
    into bytes: UnsafeMutableRawBufferPointer
  ) {
    precondition(bytes.count >= frameCount * shape.bytesPerFrame && channel <= shape.channels)
    var at = 0
    for index in 0..<frameCount {
      for place in 0..<shape.channels {
        let number = channel == 0 || channel - 1 == place ? numbers[index] : 0
        put(number, shape.format, bytes, at)
        at += shape.format.byteCount
      }
    }
  }

  @inline(__always)
  private static func put(
    _ number: Float, _ format: SampleFormat, _ bytes: UnsafeMutableRawBufferPointer, _ at: Int
  ) {
    switch format {
    case .int16:
      let value = Int16(limited(number, scale: 1, most: 32_767))
      bytes.storeBytes(of: value.littleEndian, toByteOffset: at, as: Int16.self)
    case .int24:
      let value = Int32(limited(number, scale: 256, most: 8_388_607))
      bytes.storeBytes(of: value.littleEndian, toByteOffset: at, as: Int32.self)
    case .int24Packed:
      let bits = UInt32(bitPattern: Int32(limited(number, scale: 256, most: 8_388_607)))
      bytes[at] = UInt8(truncatingIfNeeded: bits)
      bytes[at + 1] = UInt8(truncatingIfNeeded: bits >> 8)
      bytes[at + 2] = UInt8(truncatingIfNeeded: bits >> 16)
    case .int32:
      // The largest that a Float can hold below 2^31.
      let value = Int32(limited(number, scale: 65_536, most: 2_147_483_520))
      bytes.storeBytes(of: value.littleEndian, toByteOffset: at, as: Int32.self)
    case .float32:
      let value = max(-1, min(1, number / 32_768))
      bytes.storeBytes(
        of: value.bitPattern.littleEndian, toByteOffset: at, as: UInt32.self)
    }
  }

  @inline(__always)
  private static func limited(_ number: Float, scale: Float, most: Float) -> Float {
    let scaled = number * scale
    // To the nearest, halves away from zero; the library's own rounding is a call.
    let nearest = scaled + (scaled < 0 ? -0.5 : 0.5)
    return max(-most - 1, min(most, nearest))
  }
}
