/// The last third of a second of what the loudspeaker played: sound, spectra, and where it was loud
/// enough to be heard again. By number, for as long as a number is remembered.
struct ReferenceHistory: ~Copyable {
  static let capacity = 64
  /// A loudspeaker quieter than -66 dB below full scale leaves no echo worth looking for.
  private let audible = Loudness.decibels(-66).power * Float(Frame.sampleCount)

  private var frames = [Frame](repeating: Frame(), count: capacity)
  private let reals = FloatMemory(count: capacity * EchoBins.count)
  private let imaginaries = FloatMemory(count: capacity * EchoBins.count)
  /// One bit for each frame remembered.
  private var heard: UInt64 = 0
  private var spread: UInt64 = 0
  private var spectrum = WhitenedSpectrum(learning: 0.01)
  /// The number of the newest frame.
  private(set) var newest: Int64 = -1
  /// The newest that could be heard.
  private(set) var newestAudible: Int64 = -1_000_000

  private static func slot(_ number: Int64) -> Int { Int(number & Int64(capacity - 1)) }

  mutating func add(_ frame: borrowing Frame) {
    newest += 1
    let slot = ReferenceHistory.slot(newest)
    frames[slot] = copy frame
    let energy = spectrum.pass(frame)
    let wasAudible = newestAudible == newest - 1
    let isAudible = energy > audible
    if isAudible { newestAudible = newest }
    let bit: UInt64 = 1 << UInt64(slot)
    heard &= ~bit
    spread &= ~bit
    // The window reaches back over the frame before.
    if isAudible || wasAudible {
      heard |= bit
      spectrum.take(
        real: reals.start + slot * EchoBins.count,
        imaginary: imaginaries.start + slot * EchoBins.count)
      if isSpread(slot) { spread |= bit }
    }
  }

  /// Bins that must share a frame's sound: a voice has 14 to 40, a tone that glides 1 to 5.
  private static let leastBins: Float = 8

  private func isSpread(_ slot: Int) -> Bool {
    let (real, imaginary) = (reals.start, imaginaries.start)
    let first = slot * EchoBins.count
    var sum = Vector(repeating: 0)
    var square = Vector(repeating: 0)
    var bin = first
    while bin < first + EchoBins.count {
      let (re, im) = (real.vector(bin), imaginary.vector(bin))
      let power = re * re + im * im
      sum += power
      square += power * power
      bin += 4
    }
    return sum.sum() * sum.sum() > ReferenceHistory.leastBins * square.sum()
  }

  func copy(_ number: Int64, into frame: inout Frame) {
    frame =
      number < 0 || number > newest || number <= newest - Int64(ReferenceHistory.capacity)
      ? Frame() : frames[ReferenceHistory.slot(number)]
  }

  func isAudible(_ number: Int64) -> Bool {
    number >= 0 && number <= newest && number > newest - Int64(ReferenceHistory.capacity)
      && heard & (1 << UInt64(ReferenceHistory.slot(number))) != 0
  }

  /// Whether an audible frame tells where its echo is, to a part of a sample. A tone that glides does
  /// not: each moment of it meets another part of the room.
  func isTelling(_ number: Int64) -> Bool {
    isAudible(number) && spread & (1 << UInt64(ReferenceHistory.slot(number))) != 0
  }

  /// The bins of an audible frame.
  func real(_ number: Int64) -> UnsafeMutablePointer<Float> {
    reals.start + ReferenceHistory.slot(number) * EchoBins.count
  }
  func imaginary(_ number: Int64) -> UnsafeMutablePointer<Float> {
    imaginaries.start + ReferenceHistory.slot(number) * EchoBins.count
  }
}
