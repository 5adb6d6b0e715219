/// Brings what the loudspeaker played to where its echo is about to come, and keeps it there.
///
/// Two things stand between them: a delay of up to a third of a second, which is found from the
/// sound itself and taken out in whole frames, and two clocks that differ a little, which is undone
/// by resampling. What the canceller then sees is a path that begins a few milliseconds in and does
/// not move.
public struct ReferenceAligner: ~Copyable {
  /// The microphone waits this long in here. A reference without any delay still comes before its
  /// echo, and a loudspeaker 200 ppm faster than the microphone can be followed for 25 s before
  /// what it would need has not been played yet.
  public static let micDelay = SampleSpan(samples: 96)

  /// No longer way from the loudspeaker to the microphone is found.
  public static let reach = SampleSpan.milliseconds(Int64(DelayEstimator.lags - 1) * 10)

  /// Samples that the reference must be ahead of the direct sound, at least.
  static let leastLead = 64
  /// Where there is a choice it is a frame further ahead: a card that had no room for a frame is ahead
  /// by that, and what comes before its reference cannot be taken out at all.
  static let goodLead = leastLead + Frame.sampleCount

  private var resampler = ReferenceResampler()
  private var history = ReferenceHistory()
  // Limits bursts: a voice over the echo counts as much as the echo, not more.
  private var micSpectrum = WhitenedSpectrum(learning: 0.2)
  private var estimator = DelayEstimator()
  private var tracker = DriftTracker()
  private let micReal = FloatMemory(count: EchoBins.count)
  private let micImaginary = FloatMemory(count: EchoBins.count)
  private var lastMic = Frame()
  private var resampled = Frame()
  private var tick: Int64 = -1
  /// Whole frames by which the reference is held back.
  private(set) var placement: Int64 = 0
  var place = EchoPlace()
  private var appliedPPM: Float = 0

  /// Whole frames by which the placement grew in the frame just aligned; 0 nearly always.
  public private(set) var shift = 0
  /// Up to where shifts have been told.
  private var toldPlacement: Int64 = 0

  public init() {}

  /// One frame each of the same tick in; the same microphone `micDelay` later and the reference
  /// whose echo is about to begin in it out.
  public mutating func align(
    mic: borrowing Frame, reference: borrowing Frame,
    into placedMic: inout Frame, _ placedReference: inout Frame
  ) {
    tick += 1
    hold(mic, into: &placedMic)
    resampler.receive(reference)
    while resampler.isReady { makeReference() }
    if history.newest < tick - placement {
      stepBack()
      makeReference()
    }
    listen(placedMic)
    history.copy(tick - placement, into: &placedReference)
    shift = Int(placement - toldPlacement)
    toldPlacement = placement
  }

  /// From the reference's frame to its echo's, as the driver's clocks would have it; nil while the
  /// sound has not yet said.
  public var delay: SampleSpan? {
    place.samples == nil ? nil : SampleSpan(samples: Int64(exactDelay.rounded()))
  }

  /// The same with its fraction; 0 while unknown.
  public var exactDelay: Float {
    guard let samples = place.samples else { return 0 }
    let wait = Float(ReferenceAligner.micDelay.samples) - Float(ReferenceResampler.firstLag)
    return samples - wait + Float(resampler.lag)
  }

  /// How much faster than the microphone's the loudspeaker's clock is.
  public var driftPPM: Float { -tracker.ppm }
  /// Samples by which resampling has moved the reference.
  var resamplerLag: Double { resampler.lag }
  /// One standard deviation of it.
  public var driftDeviationPPM: Float { tracker.ppmDeviation }
  public var isDriftSettled: Bool { tracker.ppmDeviation < ReferenceAligner.settledPPM }

  /// What the driver reports, used until the sound itself says better.
  public mutating func expect(delay: SampleSpan) {
    guard place.samples == nil else { return }
    // A driver may count a buffer too many: too early does no harm.
    place(at: Int(delay.samples) - 30 * 16)
  }

  /// What the cards' own clocks say, and how sure that is.
  public mutating func expect(driftPPM ppm: Float, deviationPPM: Float) {
    tracker.expect(ppm: -ppm, deviation: deviationPPM)
  }

  /// Begins where an earlier start was: nothing has been told yet, so it is no shift.
  mutating func begin(placement expected: Int64, driftPPM: Float) {
    placement = expected
    toldPlacement = expected
    appliedPPM = -driftPPM
    resampler.setDrift(ppm: appliedPPM)
  }

  private static let settledPPM: Float = 10
  /// Better undone roughly than not at all: what is left blurs less.
  private static let usefulPPM: Float = 40
  /// No clock jumps, but an estimate does: what is played follows it by this much a frame.
  private static let slewPPM: Float = 1

  private mutating func hold(_ mic: borrowing Frame, into placed: inout Frame) {
    let wait = Int(ReferenceAligner.micDelay.samples)
    lastMic.read { samples in
      for index in 0..<wait { placed[index] = samples[Frame.sampleCount - wait + index] }
    }
    mic.read { samples in
      for index in wait..<Frame.sampleCount { placed[index] = samples[index - wait] }
    }
    lastMic = copy mic
  }

  /// A faster loudspeaker with a short delay: what would be needed has not been played yet. If the
  /// reference is far enough ahead of its echo it gives up some of that, once and for minutes;
  /// if not, the drift stays as it is.
  private mutating func stepBack() {
    let lead = (place.whole ?? 0) - Int(placement) * Frame.sampleCount
    let spare = lead - ReferenceAligner.leastLead
    if spare > ReferenceAligner.leastLead / 2 {
      resampler.stepBack(by: spare)
      place.move(by: -spare)
      estimator.forget()
      tracker.restart()
    } else {
      resampler.stepBack(by: 0)
    }
  }

  private mutating func makeReference() {
    resampler.make(&resampled)
    history.add(resampled)
  }

  private mutating func listen(_ mic: borrowing Frame) {
    micSpectrum.pass(mic)
    guard history.newest - history.newestAudible <= Int64(DelayEstimator.lags + 1) else { return }
    micSpectrum.take(real: micReal.start, imaginary: micImaginary.start)
    let look = estimator.hear(
      micReal: micReal.start, micImaginary: micImaginary.start, tick: tick, history: history,
      held: place.whole)
    if let look {
      switch place.judge(look) {
      case .same:
        // A drift that was never found has carried the echo up to its reference.
        if let delay = place.whole, delay < Int(placement) * Frame.sampleCount + 16 {
          place(at: delay)
        }
      case .new(let delay):
        tracker.restart()
        place(at: delay)
      }
    }
    trackDrift()
  }

  /// Before the direct sound by `goodLead` at least. A slow loudspeaker's reference has been stretched
  /// so far after hours that its newest frame is ahead of the tick; one that lost sound meanwhile needs it.
  private mutating func place(at delay: Int) {
    let frame = Frame.sampleCount
    let lead = delay - ReferenceAligner.goodLead
    let whole = lead >= 0 ? lead / frame : -((frame - 1 - lead) / frame)
    placement = max(tick - history.newest, Int64(whole))
  }

  private mutating func trackDrift() {
    guard let delay = place.whole else { return }
    let number = tick - Int64((delay + Frame.sampleCount / 2) / Frame.sampleCount)
    if history.isAudible(number) {
      tracker.hear(
        micReal: micReal.start, micImaginary: micImaginary.start,
        real: history.real(number), imaginary: history.imaginary(number),
        isTelling: history.isTelling(number), tick: tick, lag: resampler.lag)
    }
    let ppm = tracker.ppm
    let deviation = tracker.ppmDeviation
    // Not to the bit what was played unless there is reason to think that the clocks differ.
    let wanted =
      deviation > ReferenceAligner.usefulPPM || abs(ppm) < 2 * deviation + 1 && appliedPPM == 0
      ? appliedPPM : ppm + tracker.holdingPPM
    let step = max(-ReferenceAligner.slewPPM, min(ReferenceAligner.slewPPM, wanted - appliedPPM))
    guard step != 0 else { return }
    appliedPPM += step
    resampler.setDrift(ppm: appliedPPM)
  }
}
