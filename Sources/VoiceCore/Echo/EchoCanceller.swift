/// Takes out of the microphone what the loudspeaker put in.
///
/// Two models of the same room listen side by side. The patient one settles deeply and keeps still
/// while a person speaks; the quick one is never far behind a change. Whenever the quick one has
/// clearly been right for a while, the patient one learns it all from it.
struct EchoCanceller: ~Copyable {
  let fft = RealFFT(size: ReferenceSpectra.blockSize)
  private var reference = ReferenceSpectra()
  var patient = EchoPath(temper: .patient)
  private var quick = EchoPath(temper: .quick)
  private let mic = FloatMemory(count: Frame.sampleCount)
  private let played = FloatMemory(count: Frame.sampleCount)
  private var patientError: Float = 0
  private var quickError: Float = 0
  private var quickWins = 0
  /// Frames of echo for which the quick model still learns by itself, to judge what is remembered.
  var framesOnTrial = 0
  /// Frames since the loudspeaker last played: once all its echo is over there is nothing to do.
  private var silentFrames = ReferenceSpectra.partitions

  /// What is left of the microphone, and what was taken out of it; full scale is 1.
  let error = FloatMemory(count: Frame.sampleCount)
  let echo = FloatMemory(count: Frame.sampleCount)
  /// Frames in which there was something to learn, if not for years.
  private(set) var framesAtWork = 0
  /// Times the room was found to have changed.
  private(set) var changes = 0

  init() {}

  /// Whether there may be echo in this frame.
  var isAtWork: Bool { silentFrames < ReferenceSpectra.partitions }

  /// Power that the model's own ignorance leaves in `error`, by bin of a block.
  var unknown: UnsafeMutablePointer<Float> { patient.unknown.start }

  /// What is left as a frame of samples.
  func readError(into frame: inout Frame) {
    frame.pack(error.start)
  }

  /// The reference comes `frames` later from now on.
  mutating func shift(by frames: Int) {
    reference.shift(by: frames)
    patient.shift(by: frames)
    quick.shift(by: frames)
  }

  mutating func cancel(mic frame: borrowing Frame, reference aligned: borrowing Frame) {
    frame.unpack(into: mic.start)
    aligned.unpack(into: played.start)
    reference.hear(played.start, fft)
    silentFrames = aligned.isSilent ? min(silentFrames + 1, ReferenceSpectra.partitions) : 0
    guard isAtWork else {
      // An idle canceller must not eat the talker, nor learn from them.
      error.start.copy(from: mic.start, count: Frame.sampleCount)
      echo.clear()
      patient.unknown.clear()
      return
    }
    framesAtWork = min(framesAtWork + 1, EchoCanceller.framesWorthKeeping)
    patient.predict(mic: mic.start, reference, fft)
    quick.predict(mic: mic.start, reference, fft)
    let surprises = (power(patient.error), power(quick.error))
    patient.learn(reference, fft)
    quick.learn(reference, fft)
    // What was learned from this very frame holds for it, too: 10 dB and more, above all in the
    // first second, and no harm to a person who speaks, since it was learned only as far as it is
    // certain.
    patient.predict(mic: mic.start, reference, fft)
    error.start.copy(from: patient.error.start, count: Frame.sampleCount)
    echo.start.copy(from: patient.echo.start, count: Frame.sampleCount)
    compare(surprises)
  }

  /// - Parameter surprises: the power that the patient and the quick model had not foreseen.
  private mutating func compare(_ surprises: (patient: Float, quick: Float)) {
    patientError += (surprises.patient - patientError) * EchoCanceller.memory
    quickError += (surprises.quick - quickError) * EchoCanceller.memory
    if quickError < EchoCanceller.clearlyLess * patientError {
      quickWins += 1
      guard quickWins >= EchoCanceller.winsNeeded else { return }
      patient.adopt(quick)
      patient.doubt()
      patientError = quickError
      quickWins = 0
      changes += 1
    } else {
      quickWins = 0
      // A person speaking led it astray, or it never had the patience.
      if framesOnTrial > 0 {
        framesOnTrial -= 1
      } else if quickError > EchoCanceller.clearlyMore * patientError {
        quick.adopt(patient)
        quickError = patientError
      }
    }
  }

  private static let memory: Float = 0.1
  private static let clearlyLess: Float = 0.7
  private static let clearlyMore: Float = 1.6
  private static let winsNeeded = 5

  private func power(_ sound: FloatMemory) -> Float {
    var sum: Float = 0
    for index in 0..<Frame.sampleCount { sum += sound[index] * sound[index] }
    return sum
  }
}
