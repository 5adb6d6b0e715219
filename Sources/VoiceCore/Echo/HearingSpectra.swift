/// What one frame looks like to the judges: powers by band over the last 20 ms; full scale is 1.
public struct HearingSpectra: Sendable, BitwiseCopyable {
  /// The microphone, and what of it the canceller left and took.
  public var mic = Bands()
  public var error = Bands()
  public var echo = Bands()
  /// What the loudspeaker played, placed on its echo.
  public var reference = Bands()
  /// What must be expected to be left of the echo.
  public var residual = Bands()
  /// Whether there may be echo at all.
  public var isFar = false

  public init() {}
}

/// Cuts sound into overlapping windows of 20 ms, shows their spectra, and puts one of them together
/// again with a gain for each band.
struct SpectralAnalysis: ~Copyable {
  static let size = 2 * Frame.sampleCount
  private static let row = FloatMemory.padded(BandLayout.binCount)

  private let fft = RealFFT(size: SpectralAnalysis.size)
  private let layout = BandLayout()
  /// Half a sine: applied on the way in and on the way out, two neighbours add up to one.
  private let window = FloatMemory(count: SpectralAnalysis.size)
  private let block = FloatMemory(count: SpectralAnalysis.size)
  private let power = FloatMemory(count: row)
  private let errorReal = FloatMemory(count: row)
  private let errorImaginary = FloatMemory(count: row)
  private let otherReal = FloatMemory(count: row)
  private let otherImaginary = FloatMemory(count: row)
  private let lastError = FloatMemory(count: Frame.sampleCount)
  private let lastEcho = FloatMemory(count: Frame.sampleCount)
  private let lastReference = FloatMemory(count: Frame.sampleCount)
  private let overlap = FloatMemory(count: Frame.sampleCount)
  private var residual = ResidualEcho()
  private var wasPlain = true
  /// The error of the frame before, for when it goes out as it is.
  private let held = FloatMemory(count: Frame.sampleCount)

  init() {
    for index in 0..<SpectralAnalysis.size {
      let turn = Turn.of((Double(index) + 0.5) / Double(2 * SpectralAnalysis.size))
      window[index] = Float(turn.sine)
    }
  }

  mutating func analyse(_ canceller: borrowing EchoCanceller, reference: borrowing Frame)
    -> HearingSpectra
  {
    var spectra = HearingSpectra()
    held.start.copy(from: lastError.start, count: Frame.sampleCount)
    transform(canceller.error.start, lastError, errorReal, errorImaginary)
    spectra.error = bands(errorReal, errorImaginary)
    spectra.isFar = canceller.isAtWork
    guard spectra.isFar else {
      spectra.mic = spectra.error
      lastEcho.clear()
      lastReference.clear()
      residual.rest()
      return spectra
    }
    transform(canceller.echo.start, lastEcho, otherReal, otherImaginary)
    spectra.echo = bands(otherReal, otherImaginary)
    // The microphone is what was left and what was taken.
    var bin = 0
    while bin < SpectralAnalysis.row {
      otherReal.start.store(
        otherReal.start.vector(bin) + errorReal.start.vector(bin), at: bin)
      otherImaginary.start.store(
        otherImaginary.start.vector(bin) + errorImaginary.start.vector(bin), at: bin)
      bin += 4
    }
    spectra.mic = bands(otherReal, otherImaginary)
    reference.unpack(into: power.start)
    transform(power.start, lastReference, otherReal, otherImaginary)
    spectra.reference = bands(otherReal, otherImaginary)
    spectra.residual = residual.expect(
      error: spectra.error, echo: spectra.echo, unknown: layout.gather(canceller.unknown))
    return spectra
  }

  /// The error of the frame before this one, by half made of this analysis and by half of the last:
  /// ten milliseconds late, and untouched where every gain is one.
  mutating func resynthesise(gains: borrowing Bands, into clean: inout Frame) {
    let count = Frame.sampleCount
    let isPlain = gains.isOne
    if isPlain && wasPlain {
      clean.pack(held.start)
      return
    }
    if wasPlain {
      // What the analysis before this one would have left for this frame.
      for index in 0..<count {
        let falling = window[count + index]
        overlap[index] = held[index] * falling * falling
      }
    }
    layout.spread(gains, into: power.start)
    var bin = 0
    while bin < SpectralAnalysis.row {
      let gain = power.start.vector(bin)
      otherReal.start.store(errorReal.start.vector(bin) * gain, at: bin)
      otherImaginary.start.store(errorImaginary.start.vector(bin) * gain, at: bin)
      bin += 4
    }
    fft.inverse(real: otherReal.start, imaginary: otherImaginary.start, into: block.start)
    var index = 0
    while index < count {
      power.start.store(
        overlap.start.vector(index) + block.start.vector(index) * window.start.vector(index),
        at: index)
      overlap.start.store(
        block.start.vector(count + index) * window.start.vector(count + index), at: index)
      index += 4
    }
    clean.pack(power.start)
    wasPlain = isPlain
  }

  private func transform(
    _ frame: UnsafeMutablePointer<Float>, _ last: FloatMemory,
    _ real: FloatMemory, _ imaginary: borrowing FloatMemory
  ) {
    let count = Frame.sampleCount
    var index = 0
    while index < count {
      block.start.store(last.start.vector(index) * window.start.vector(index), at: index)
      let now = (frame + index).vector(0)
      block.start.store(now * window.start.vector(count + index), at: count + index)
      last.start.store(now, at: index)
      index += 4
    }
    fft.forward(block.start, real: real.start, imaginary: imaginary.start)
  }

  private func bands(_ real: FloatMemory, _ imaginary: borrowing FloatMemory) -> Bands {
    // So that the bands add up to about the mean square of the sound.
    let scale = 4 / Float(SpectralAnalysis.size * SpectralAnalysis.size)
    var bin = 0
    while bin < SpectralAnalysis.row {
      let re = real.start.vector(bin)
      let im = imaginary.start.vector(bin)
      power.start.store((re * re + im * im) * scale, at: bin)
      bin += 4
    }
    return layout.gather(power.start)
  }
}

extension Bands {
  var isOne: Bool {
    for band in 0..<Bands.count where values[band] != 1 { return false }
    return true
  }
}
