/// The echo's part of the chain in one: places the reference, takes the echo out, shows what is left,
/// and puts it together again.
///
/// A class, so that the modules that own a chain need not know what is in here.
final class EchoRemover {
  private var aligner = ReferenceAligner()
  private var canceller = EchoCanceller()
  private var analysis = SpectralAnalysis()
  private var placedMic = Frame()
  private var placedReference = Frame()

  /// What the canceller left, as samples.
  private(set) var error = Frame()

  /// The same in numbers; full scale is 1.
  var errorNumbers: UnsafeMutablePointer<Float> { canceller.error.start }

  /// Whether the way from the loudspeaker was found to be another in the frame just heard.
  private(set) var isPathNew = false

  func hear(mic: borrowing Frame, reference: borrowing Frame) -> HearingSpectra {
    let changes = canceller.changes
    aligner.align(mic: mic, reference: reference, into: &placedMic, &placedReference)
    if aligner.shift != 0 { canceller.shift(by: aligner.shift) }
    canceller.cancel(mic: placedMic, reference: placedReference)
    isPathNew = canceller.changes != changes
    canceller.readError(into: &error)
    return analysis.analyse(canceller, reference: placedReference)
  }

  /// The sound for the recogniser: sixteen milliseconds late, each band with its gain.
  func resynthesise(gains: borrowing Bands, into clean: inout Frame) {
    analysis.resynthesise(gains: gains, into: &clean)
  }

  /// What the driver says of the way to the loudspeaker, until the sound itself says better.
  func expect(delay: SampleSpan) { aligner.expect(delay: delay) }

  func recall(_ memory: borrowing EchoMemory) {
    guard memory.isPlausible else { return }
    aligner.recall(memory)
    canceller.recall(memory)
  }

  func remember(into memory: inout EchoMemory) -> Bool {
    aligner.read(into: &memory) && canceller.read(into: &memory) && memory.isPlausible
  }

  /// The echo that was taken out of the frame just heard; full scale is 1.
  var taken: UnsafeMutablePointer<Float> { canceller.echo.start }

  /// Milliseconds from the loudspeaker to the microphone; nil while nobody knows.
  var delay: Float? { aligner.delay == nil ? nil : aligner.exactDelay / 16 }
  /// Parts per million by which the loudspeaker's clock is faster; nil while nobody knows.
  var drift: Float? { aligner.isDriftSettled ? aligner.driftPPM : nil }
}
