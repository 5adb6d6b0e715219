internal import VoiceCore

/// Where sound comes from and goes to: a real card, the simulated room, or files.
///
/// Everything but `describe` is called on the audio thread, which owns the card for as long as it
/// has it: nothing here may allocate once sound runs.
protocol SoundCard: AnyObject {
  /// For people: which card, and what it granted.
  var name: String { get }
  /// Waits for the next ten milliseconds of microphone.
  func listen(into mic: inout Frame) throws(CardTrouble)
  func play(_ frame: borrowing Frame) throws(CardTrouble)
  /// How long a sample that is played now is on its way to the air.
  var playbackDelay: SampleSpan { get }
  /// Times the card ran dry or over since it was opened.
  var stumbles: Int { get }
}

/// The card is gone: the audio thread gives it back and paces silence.
struct CardTrouble: Error {
  /// A negative errno, as ALSA uses them.
  let code: Int32
}

/// Lets a card of any kind cross between threads as one pointer.
final class CardHolder {
  let card: any SoundCard
  init(_ card: any SoundCard) { self.card = card }
}
