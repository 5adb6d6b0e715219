internal import VoiceCore

/// Where sound comes from: a real card's capture side, the simulated room, or a file. It is the
/// audio thread's clock for as long as that thread has it.
///
/// Everything but `name` is called on the audio thread: nothing here may allocate once sound runs.
protocol Microphone: AnyObject {
  /// For people: which card, and what it granted.
  var name: String { get }
  /// Waits for the next ten milliseconds.
  func listen(into mic: inout Frame) throws(CardTrouble)
  /// What the loudspeaker played in the ten milliseconds just heard, if the card itself says so.
  ///
  /// - Returns: false, and nothing written, if it does not.
  func readReference(into reference: inout Frame) -> Bool
  /// Samples that it has heard since the frame it gave last.
  var pending: Float { get }
  /// Times it ran over since it was opened.
  var stumbles: Int { get }
  /// Milliseconds from what the loudspeaker was given to its echo here; only a simulated room knows.
  var trueEchoDelay: Float? { get }
}

extension Microphone {
  var pending: Float { 0 }
  func readReference(into reference: inout Frame) -> Bool { false }
  var trueEchoDelay: Float? { nil }
}

/// This half of the sound is gone: the audio thread gives it back and goes on without.
struct CardTrouble: Error {
  /// A negative errno, as ALSA uses them; positive, the frames a second at which it really runs.
  let code: Int32
}
