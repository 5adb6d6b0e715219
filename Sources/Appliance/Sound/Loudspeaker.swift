internal import VoiceCore

/// Where sound goes to, ten milliseconds a call. It never waits: the microphone, or the clock, says
/// when.
///
/// Everything but `name` is called on the audio thread: nothing here may allocate once sound runs.
protocol Loudspeaker: AnyObject {
  /// For people: which card, and what it granted.
  var name: String { get }
  /// - Parameter behind: samples that the microphone has heard since the frame that this one follows:
  ///   how late we are.
  func play(_ frame: borrowing Frame, behind: Float) throws(CardTrouble)
  /// What is in the air while the microphone hears the frame that it has just heard.
  ///
  /// - Returns: false, and nothing written, if that is what was played last.
  func readPlayed(into frame: inout Frame) -> Bool
  /// Takes back what was handed over and is not yet in the air; what is, fades out.
  ///
  /// - Returns: samples of ours that will not be heard; 0 where that cannot be done.
  func takeBack() -> Int
  /// How long the end of what was played last is on its way to the air.
  var delay: SampleSpan { get }
  /// By how much later than `readPlayed` says a sample is in the air, as far as the card knows.
  var echoDelay: SampleSpan { get }
  /// How its clock stands to the microphone's; nil where there is one clock.
  var clock: LoudspeakerClock? { get }
  /// Samples by which what it was given was made longer so far, to keep it beside the microphone's clock.
  var moved: Double { get }
  /// Times it ran dry or had no room since it was opened.
  var stumbles: Int { get }
  /// ALSA's name of the card whose mixer it obeys; not on the audio thread.
  var card: String? { get }
}

extension Loudspeaker {
  var card: String? { nil }
}

extension Loudspeaker {
  func readPlayed(into frame: inout Frame) -> Bool { false }
  func takeBack() -> Int { 0 }
  var delay: SampleSpan { .zero }
  var echoDelay: SampleSpan { delay }
  var clock: LoudspeakerClock? { nil }
  var moved: Double { 0 }
}

/// What a loudspeaker's queue says of the two clocks.
struct LoudspeakerClock: BitwiseCopyable {
  /// From a decision to the air, in samples.
  var latency: Float
  /// By how many millionths the loudspeaker's clock is faster than the microphone's.
  var ppm: Float
  /// How unsure that is; infinite while nobody knows.
  var deviation: Float
  /// Times the queue had to begin anew since it was opened: it ran dry, or what was wrong was cut.
  var resets: Int
}
