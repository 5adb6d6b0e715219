internal import CSpeexDSP

/// One channel from one sample rate to another, by speexdsp. Allocates when it is made and never
/// after.
public struct RateConverter: ~Copyable {
  /// Why three: docs/decisions/0017.
  public static let quality = 3

  private let state: OpaquePointer
  public let from: Int
  public let to: Int

  private init(owning state: OpaquePointer, from: Int, to: Int) {
    self.state = state
    self.from = from
    self.to = to
  }
  deinit { speex_resampler_destroy(state) }

  public static func open(
    from: Int, to: Int, quality: Int = RateConverter.quality
  ) -> RateConverter {
    precondition(from > 0 && to > 0)
    var failure: CInt = 0
    // It only fails when memory does, and then so does everything else.
    let state = speex_resampler_init(
      1, spx_uint32_t(from), spx_uint32_t(to), CInt(quality), &failure)!
    return RateConverter(owning: state, from: from, to: to)
  }

  /// Whether as much comes out for ten milliseconds as for any other ten.
  public var isEven: Bool { to / 100 * 100 == to && from / 100 * 100 == from }

  /// Takes all of `numbers`, provided that `output` has room for what becomes of them.
  ///
  /// - Returns: how many came out.
  public mutating func convert(
    _ numbers: UnsafePointer<Float>, count: Int, into output: UnsafeMutableBufferPointer<Float>
  ) -> Int {
    var taken = 0
    var made = 0
    while taken < count, made < output.count {
      var input = spx_uint32_t(count - taken)
      var room = spx_uint32_t(output.count - made)
      _ = speex_resampler_process_float(
        state, 0, numbers + taken, &input, output.baseAddress! + made, &room)
      // Should it ever refuse, it must not keep us.
      if input == 0 && room == 0 { break }
      taken += Int(input)
      made += Int(room)
    }
    return made
  }

  /// Seconds that sound is later for it.
  public var delay: Double { Double(speex_resampler_get_input_latency(state)) / Double(from) }

  public mutating func forget() { speex_resampler_reset_mem(state) }
}
