/// The bins that delay and drift are read from.
enum EchoBins {
  static let fftSize = 2 * Frame.sampleCount
  /// 300 Hz: below it small loudspeakers give nothing and rooms hum.
  static let first = 6
  /// 300 Hz to 7.4 kHz.
  static let count = 144
  /// 300 Hz to 4.2 kHz: enough to find a place, and a drift not yet known does not blur it.
  static let searched = 80
}

/// Twenty milliseconds of sound, ten of them new, as a spectrum in which each bin counts the same.
///
/// Without that the strongest voice in the room and the lowest formant of the loudest syllable would
/// decide alone, and all delays around the true one would look alike.
struct WhitenedSpectrum: ~Copyable {
  /// How far a bin's level looks back, as the part that is new with every frame.
  private let learning: Float
  private let fft = RealFFT(size: EchoBins.fftSize)
  private let window = FloatMemory(count: EchoBins.fftSize)
  private let sound = FloatMemory(count: EchoBins.fftSize)
  private let windowed = FloatMemory(count: EchoBins.fftSize)
  private let binsReal = FloatMemory(count: EchoBins.fftSize / 2 + 1)
  private let binsImaginary = FloatMemory(count: EchoBins.fftSize / 2 + 1)
  private let level = FloatMemory(count: EchoBins.count)
  private var isNew = true

  init(learning: Float) {
    self.learning = learning
    for index in 0..<EchoBins.fftSize {
      let turn = Turn.of((Double(index) + 0.5) / Double(EchoBins.fftSize))
      window[index] = Float(0.5 - 0.5 * turn.cosine)
    }
  }

  /// Moves on by a frame without looking at its spectrum.
  /// - Returns: the frame's energy.
  @discardableResult
  mutating func pass(_ frame: borrowing Frame) -> Float {
    let half = Frame.sampleCount
    sound.start.copy(from: sound.start + half, count: half)
    let new = sound.start + half
    frame.read { samples in
      for index in 0..<half { new[index] = Float(samples[index]) }
    }
    var energy = Vector(repeating: 0)
    var index = 0
    while index < half {
      energy += new.vector(index) * new.vector(index)
      index += 4
    }
    return energy.sum()
  }

  /// The spectrum of the last two frames, `EchoBins.count` bins.
  mutating func take(
    real: UnsafeMutablePointer<Float>, imaginary: UnsafeMutablePointer<Float>
  ) {
    var index = 0
    while index < EchoBins.fftSize {
      windowed.start.store(sound.start.vector(index) * window.start.vector(index), at: index)
      index += 4
    }
    fft.forward(windowed.start, real: binsReal.start, imaginary: binsImaginary.start)
    let step = isNew ? 1 : learning
    isNew = false
    var bin = 0
    while bin < EchoBins.count {
      let re = binsReal.start.vector(EchoBins.first + bin)
      let im = binsImaginary.start.vector(EchoBins.first + bin)
      let power = re * re + im * im
      let old = level.start.vector(bin)
      let new = old + (power - old) * step
      level.start.store(new, at: bin)
      // The floor is what rounding to 16 bits leaves: below it there is nothing to learn.
      let scale = (new + WhitenedSpectrum.floor).squareRoot()
      let whitened = Vector(repeating: 1) / scale
      real.store(re * whitened, at: bin)
      imaginary.store(im * whitened, at: bin)
      bin += 4
    }
  }

  /// Power of one bin of rounding noise after the window: 320 · 3/8 · 1/12, and some more.
  private static let floor: Float = 100
}
