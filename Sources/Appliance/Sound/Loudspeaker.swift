internal import VoiceCore

/// Where sound goes to, ten milliseconds a call. It never waits: the microphone, or the clock, says
/// when.
///
/// Everything but `name` is called on the audio thread: nothing here may allocate once sound runs.
protocol Loudspeaker: AnyObject {
  /// For people: which card, and what it granted.
  var name: String { get }
  func play(_ frame: borrowing Frame) throws(CardTrouble)
  /// How long a sample that is played now is on its way to the air.
  var delay: SampleSpan { get }
  /// Times it ran dry or had no room since it was opened.
  var stumbles: Int { get }
  /// ALSA's name of the card whose mixer it obeys; not on the audio thread.
  var card: String? { get }
}

extension Loudspeaker {
  var card: String? { nil }
}
