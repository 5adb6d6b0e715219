/// A model of the way from the loudspeaker to the microphone: a Kalman filter in the frequency
/// domain, cut into partitions of one frame each.
///
/// Bin by bin it knows how unsure it is of each partition, and that is its step size: large at the
/// start and after a change, small when it is settled, and small in any bin in which somebody
/// speaks. So nobody has to tell it when to learn.
struct EchoPath: ~Copyable {
  struct Temper {
    /// How much of the path is the same one frame later.
    var stay: Float
    /// How much of the last frames' noise is still there one frame later.
    var noiseMemory: Float
    /// How likely it is that the path becomes a frame shorter, against that it changes where it is. What
    /// comes before the direct sound is nothing, so without this nothing would ever be learned there.
    var hurry: Float

    /// Settles deeply and stays while a person speaks.
    static let patient = Temper(stay: 0.9998, noiseMemory: 0.7, hurry: 0)
    /// Follows a change within a fraction of a second and is never quite still.
    static let quick = Temper(stay: 0.975, noiseMemory: 0.5, hurry: 0.5)
  }

  /// What is not known at the start: an echo louder than the loudspeaker's signal is possible.
  static let startingVariance: Float = 2
  /// Rooms fade: each further frame of the path is expected to be this much weaker.
  static let fading: Float = 0.93
  /// More noise is assumed than is seen: steps that are too small cost less than too large ones.
  static let caution: Float = 3
  /// How fast certainty grows with what was heard; theory says 0.5 for blocks that are half new,
  /// but it takes the partitions for independent, and in speech they are not.
  static let confidence: Float = 0.25
  /// Keeps a silent bin from dividing by nothing. Full scale is 1.
  static let dust: Float = 1e-5
  /// How much of the circular part of a partition is left each time it is visited. Taking all of
  /// it at once disturbs the neighbours more than it helps.
  static let circularRest: Float = 0.85
  static let constrainedPerFrame = 3

  let temper: Temper
  let real = FloatMemory(count: ReferenceSpectra.partitions * ReferenceSpectra.row)
  let imaginary = FloatMemory(count: ReferenceSpectra.partitions * ReferenceSpectra.row)
  let variance = FloatMemory(count: ReferenceSpectra.partitions * ReferenceSpectra.row)
  private let noise = FloatMemory(count: ReferenceSpectra.row)
  /// Power that the filter's own ignorance leaves in the error, by bin.
  let unknown = FloatMemory(count: ReferenceSpectra.row)
  private let sumReal = FloatMemory(count: ReferenceSpectra.row)
  private let sumImaginary = FloatMemory(count: ReferenceSpectra.row)
  let block = FloatMemory(count: ReferenceSpectra.blockSize)
  private var nextConstraint = 0

  /// What the microphone hears of the loudspeaker by this model, and what else it heard.
  let echo = FloatMemory(count: Frame.sampleCount)
  let error = FloatMemory(count: Frame.sampleCount)

  init(temper: Temper) {
    self.temper = temper
    forget()
  }

  mutating func forget() {
    real.clear()
    imaginary.clear()
    noise.clear()
    for partition in 0..<ReferenceSpectra.partitions { forget(partition) }
  }

  private func forget(_ partition: Int) {
    let row = ReferenceSpectra.row
    let place = partition * row
    var expected = EchoPath.startingVariance
    for _ in 0..<partition { expected *= EchoPath.fading }
    (real.start + place).update(repeating: 0, count: row)
    (imaginary.start + place).update(repeating: 0, count: row)
    (variance.start + place).update(repeating: expected, count: row)
  }

  /// Takes over everything another model knows.
  mutating func adopt(_ other: borrowing EchoPath) {
    real.start.copy(from: other.real.start, count: real.count)
    imaginary.start.copy(from: other.imaginary.start, count: imaginary.count)
    variance.start.copy(from: other.variance.start, count: variance.count)
    noise.start.copy(from: other.noise.start, count: noise.count)
  }

  /// Something has changed, so everything may have.
  func doubt() {
    let limit = EchoPath.startingVariance
    for index in 0..<variance.count { variance[index] = min(limit, variance[index] * 10) }
  }

  /// The reference comes `frames` later from now on: the same path is that much shorter.
  mutating func shift(by frames: Int) {
    let row = ReferenceSpectra.row
    let all = ReferenceSpectra.partitions
    let count = min(abs(frames), all)
    let kept = (all - count) * row
    let from = frames > 0 ? count * row : 0
    let to = frames > 0 ? 0 : count * row
    // Overlapping, and `update` moves as memmove does.
    (real.start + to).copy(from: real.start + from, count: kept)
    (imaginary.start + to).copy(from: imaginary.start + from, count: kept)
    (variance.start + to).copy(from: variance.start + from, count: kept)
    let fresh = frames > 0 ? (all - count)..<all : 0..<count
    for partition in fresh { forget(partition) }
  }

  /// - Parameter mic: one frame; full scale is 1.
  func predict(
    mic: UnsafeMutablePointer<Float>, _ reference: borrowing ReferenceSpectra,
    _ fft: borrowing RealFFT
  ) {
    let row = ReferenceSpectra.row
    sumReal.clear()
    sumImaginary.clear()
    unknown.clear()
    for partition in 0..<ReferenceSpectra.partitions {
      let past = reference.place(partition)
      let place = partition * row
      let playedReal = reference.real.start + past
      let playedImaginary = reference.imaginary.start + past
      let power = reference.power.start + past
      let pathReal = real.start + place
      let pathImaginary = imaginary.start + place
      let unsure = variance.start + place
      var bin = 0
      while bin < row {
        let xr = playedReal.vector(bin)
        let xi = playedImaginary.vector(bin)
        let wr = pathReal.vector(bin)
        let wi = pathImaginary.vector(bin)
        sumReal.start.store(sumReal.start.vector(bin) + xr * wr - xi * wi, at: bin)
        sumImaginary.start.store(sumImaginary.start.vector(bin) + xr * wi + xi * wr, at: bin)
        unknown.start.store(
          unknown.start.vector(bin) + power.vector(bin) * unsure.vector(bin), at: bin)
        bin += 4
      }
    }
    fft.inverse(real: sumReal.start, imaginary: sumImaginary.start, into: block.start)
    let count = Frame.sampleCount
    for index in 0..<count {
      echo[index] = block[count + index]
      error[index] = mic[index] - block[count + index]
    }
  }

  /// Learns from the error of the last prediction.
  mutating func learn(_ reference: borrowing ReferenceSpectra, _ fft: borrowing RealFFT) {
    let row = ReferenceSpectra.row
    let count = Frame.sampleCount
    block.start.update(repeating: 0, count: count)
    (block.start + count).copy(from: error.start, count: count)
    fft.forward(block.start, real: sumReal.start, imaginary: sumImaginary.start)
    var bin = 0
    while bin < row {
      let er = sumReal.start.vector(bin)
      let ei = sumImaginary.start.vector(bin)
      let heard =
        noise.start.vector(bin) * temper.noiseMemory + (er * er + ei * ei)
        * (1 - temper.noiseMemory)
      noise.start.store(heard, at: bin)
      // The error over all that it is made of: what is not known of the echo, and everything else.
      let all = unknown.start.vector(bin) + heard * EchoPath.caution + EchoPath.dust
      let share = Vector(repeating: 1) / all
      sumReal.start.store(er * share, at: bin)
      sumImaginary.start.store(ei * share, at: bin)
      block.start.store(share, at: bin)
      bin += 4
    }
    let stay = temper.stay * temper.stay
    let isHurried = temper.hurry > 0
    for partition in 0..<ReferenceSpectra.partitions {
      let past = reference.place(partition)
      let place = partition * row
      let playedReal = reference.real.start + past
      let playedImaginary = reference.imaginary.start + past
      let power = reference.power.start + past
      let pathReal = real.start + place
      let pathImaginary = imaginary.start + place
      let unsure = variance.start + place
      bin = 0
      while bin < row {
        let xr = playedReal.vector(bin)
        let xi = playedImaginary.vector(bin)
        let er = sumReal.start.vector(bin)
        let ei = sumImaginary.start.vector(bin)
        let doubt = unsure.vector(bin)
        let wr = pathReal.vector(bin) + doubt * (xr * er + xi * ei)
        let wi = pathImaginary.vector(bin) + doubt * (xr * ei - xi * er)
        pathReal.store(wr, at: bin)
        pathImaginary.store(wi, at: bin)
        let learned = doubt * block.start.vector(bin) * power.vector(bin) * EchoPath.confidence
        var strength = wr * wr + wi * wi
        if isHurried, partition + 1 < ReferenceSpectra.partitions {
          let nextReal = pathReal.vector(bin + row)
          let nextImaginary = pathImaginary.vector(bin + row)
          strength += (nextReal * nextReal + nextImaginary * nextImaginary) * temper.hurry
        }
        unsure.store(
          doubt * (Vector(repeating: 1) - learned) * stay + strength * (1 - stay), at: bin)
        bin += 4
      }
    }
    for _ in 0..<EchoPath.constrainedPerFrame {
      constrain(nextConstraint, fft)
      nextConstraint = (nextConstraint + 1) % ReferenceSpectra.partitions
    }
  }

  /// A partition is one frame long: what the transform's circle adds behind it is not real.
  private func constrain(_ partition: Int, _ fft: borrowing RealFFT) {
    let place = partition * ReferenceSpectra.row
    let count = Frame.sampleCount
    fft.inverse(
      real: real.start + place, imaginary: imaginary.start + place, into: block.start)
    for index in count..<(2 * count) { block[index] *= EchoPath.circularRest }
    fft.forward(block.start, real: real.start + place, imaginary: imaginary.start + place)
  }
}
