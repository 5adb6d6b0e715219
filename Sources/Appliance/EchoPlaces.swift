internal import Synchronization

/// Where the canceller has found the echo and where the simulated room has it: told by the audio thread
/// after each frame, both in one word, so that nobody holds one of before against one of now.
final class EchoPlaces: Sendable {
  private let delays = Atomic<UInt64>(EchoPlaces.word(nil, nil))
  private let ppm = Atomic<UInt32>(Float.nan.bitPattern)

  /// - Parameters:
  ///   - found: milliseconds from what was played to its echo; nil while nobody knows.
  ///   - real: the same as it is; nil in every real room.
  ///   - drift: millionths by which the loudspeaker's clock is faster; nil while nobody knows.
  func tell(found: Float?, real: Float?, drift: Float?) {
    delays.store(EchoPlaces.word(found, real), ordering: .relaxed)
    ppm.store((drift ?? .nan).bitPattern, ordering: .relaxed)
  }

  var delay: (found: Float?, real: Float?) {
    let both = delays.load(ordering: .relaxed)
    return (
      EchoPlaces.number(UInt32(both >> 32)), EchoPlaces.number(UInt32(truncatingIfNeeded: both))
    )
  }
  var drift: Float? { EchoPlaces.number(ppm.load(ordering: .relaxed)) }

  private static func word(_ found: Float?, _ real: Float?) -> UInt64 {
    UInt64((found ?? .nan).bitPattern) << 32 | UInt64((real ?? .nan).bitPattern)
  }
  private static func number(_ bits: UInt32) -> Float? {
    let number = Float(bitPattern: bits)
    return number == number ? number : nil
  }
}
