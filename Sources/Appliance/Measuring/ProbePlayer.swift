internal import VoiceCore

/// The audio thread's side of a measurement: plays the sheet, frame by frame, and writes down what
/// came. Allocates nothing.
struct ProbePlayer {
  private let desk: MeasureDesk
  private var sheet: MeasureDesk.Sheet?
  private var frame = 0
  private var gain: Float = 0
  /// Nothing is told of what is heard until this many frames after the end: what still sounds is
  /// not somebody's voice.
  private var quiet = 0

  /// The room's answer to the last sweep, and the gate's own memory.
  private static let aftermath = 60

  init(_ desk: MeasureDesk) { self.desk = desk }

  /// What the microphone hears belongs to the measurement and to nobody else.
  var isAlone: Bool { sheet != nil || quiet > 0 }

  /// At the begin of a frame, with what the microphone heard.
  ///
  /// - Parameter isDeaf: muted, or without a microphone.
  mutating func hear(_ mic: borrowing Frame, isDeaf: Bool) {
    if sheet == nil {
      if quiet > 0 { quiet -= 1 }
      guard let fresh = desk.takeSheet() else { return }
      sheet = fresh
      frame = 0
      gain = 0
    }
    guard let sheet else { return }
    if isDeaf { return end(.soundLost) }
    for index in 0..<Frame.sampleCount {
      sheet.mic[frame * Frame.sampleCount + index] = mic[index]
    }
  }

  /// Adds this frame's part to what the loudspeaker gets.
  ///
  /// - Parameters:
  ///   - volume: of the loudspeaker, as a gain.
  ///   - canPlay: there is a loudspeaker.
  ///   - reduction: dB that the canceller takes away now.
  ///   - moved: samples by which the loudspeaker has made longer what it was given.
  mutating func add(
    to out: inout Frame, volume: Float, canPlay: Bool, reduction: Float?,
    moved: Double = 0
  ) {
    guard let sheet else { return }
    if !canPlay { return end(.soundLost) }
    if let reduction { sheet.reduction[frame] = reduction }
    sheet.moved[frame] = moved
    let isLast = desk.wasCalledOff
    // Over the whole frame: an end in the middle is no edge either.
    let step = ((isLast ? 0 : volume) - gain) / Float(Frame.sampleCount)
    let start = frame * Frame.sampleCount
    for index in 0..<Frame.sampleCount {
      gain += step
      let sum = Float(out[index]) + Float(sheet.played[start + index]) * gain
      out[index] = Int16(max(-32_768, min(32_767, sum.rounded())))
      sheet.played[start + index] = out[index]
    }
    frame += 1
    if isLast { end(.aborted) } else if frame == sheet.frames { end(.whole) }
  }

  /// The thread ends: nobody waits for a sheet that never comes back.
  mutating func stop() {
    if sheet != nil { end(.aborted) }
  }

  private mutating func end(_ outcome: MeasureDesk.Outcome) {
    sheet = nil
    quiet = ProbePlayer.aftermath
    desk.layBack(outcome)
  }
}
