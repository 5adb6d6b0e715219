internal import Acoustics
internal import Synchronization
internal import VoiceCore

/// Where the two threads meet while the board is measured: the conversation lays a sheet there, the
/// audio thread plays what is on it and writes down what it hears, and lays it back.
final class MeasureDesk: @unchecked Sendable {
  enum Outcome: Int {
    case whole = 1
    /// Called off.
    case aborted
    /// Muted, or a card was lost in the middle of it.
    case soundLost
  }

  /// Room for the whole probe, taken before it begins and given back after it has ended.
  struct Sheet: BitwiseCopyable {
    /// What is to be played; then, what was.
    let played: UnsafeMutablePointer<Int16>
    let mic: UnsafeMutablePointer<Int16>
    /// dB for each frame; not a number where there was no echo.
    let reduction: UnsafeMutablePointer<Float>
    /// Samples by which the loudspeaker had made longer what it was given.
    let moved: UnsafeMutablePointer<Double>
    let frames: Int
  }

  private var sheet: Sheet?
  private let turn = Atomic<Int>(MeasureDesk.idle)
  private let isCalledOff = Atomic<Bool>(false)

  private static let idle = -2
  private static let ready = -1
  private static let underWay = 0
  // From 1 on, the outcomes.

  deinit { free() }

  // MARK: Conversation side

  /// - Parameter sound: whole frames.
  /// - Returns: false while a measurement is under way.
  func begin(_ sound: [Int16]) -> Bool {
    guard turn.load(ordering: .acquiring) == MeasureDesk.idle else { return false }
    let frames = sound.count / Frame.sampleCount
    let samples = frames * Frame.sampleCount
    let fresh = Sheet(
      played: .allocate(capacity: samples), mic: .allocate(capacity: samples),
      reduction: .allocate(capacity: frames), moved: .allocate(capacity: frames), frames: frames)
    for index in 0..<samples { fresh.played[index] = sound[index] }
    fresh.mic.initialize(repeating: 0, count: samples)
    fresh.reduction.initialize(repeating: .nan, count: frames)
    fresh.moved.initialize(repeating: 0, count: frames)
    sheet = fresh
    isCalledOff.store(false, ordering: .relaxed)
    turn.store(MeasureDesk.ready, ordering: .releasing)
    return true
  }

  /// The outcome follows, as ever.
  func callOff() { isCalledOff.store(true, ordering: .relaxed) }

  /// Once, when it has ended.
  func take() -> (outcome: Outcome, recording: ProbeRecording)? {
    guard let outcome = Outcome(rawValue: turn.load(ordering: .acquiring)), let sheet else {
      return nil
    }
    var recording = ProbeRecording()
    let samples = sheet.frames * Frame.sampleCount
    recording.mic = Array(UnsafeBufferPointer(start: sheet.mic, count: samples))
    recording.played = Array(UnsafeBufferPointer(start: sheet.played, count: samples))
    recording.reduction = (0..<sheet.frames).map { frame in
      sheet.reduction[frame].isNaN ? nil : sheet.reduction[frame]
    }
    recording.moved = Array(UnsafeBufferPointer(start: sheet.moved, count: sheet.frames))
    free()
    turn.store(MeasureDesk.idle, ordering: .releasing)
    return (outcome, recording)
  }

  private func free() {
    guard let old = sheet else { return }
    sheet = nil
    old.played.deallocate()
    old.mic.deallocate()
    old.reduction.deallocate()
    old.moved.deallocate()
  }

  // MARK: Audio side

  /// The sheet, once for each measurement. It may be used until `layBack`.
  func takeSheet() -> Sheet? {
    guard turn.load(ordering: .relaxed) == MeasureDesk.ready,
      turn.load(ordering: .acquiring) == MeasureDesk.ready
    else { return nil }
    turn.store(MeasureDesk.underWay, ordering: .relaxed)
    return sheet
  }

  var wasCalledOff: Bool { isCalledOff.load(ordering: .relaxed) }

  func layBack(_ outcome: Outcome) { turn.store(outcome.rawValue, ordering: .releasing) }
}
