/// One frame as the audio thread leaves it for the conversation: sound, judgement and what the
/// loudspeaker was doing. The only thing that crosses from one thread to the other.
public struct HeardFrame: Sendable, BitwiseCopyable {
  /// The end of the frame.
  public var time: SampleTime
  /// For the recogniser: echo removed.
  public var sound: Frame
  public var probability: Float
  public var isSpeech: Bool
  public var change: SpeechGate.Change?
  public var mic: Loudness
  /// Of the same sound.
  public var shape: MicrophoneShape
  public var speaker: Loudness
  public var verdict: Interrupter.Verdict
  public var playhead: Playhead

  public init(
    time: SampleTime, sound: Frame = .silence, probability: Float = 0, isSpeech: Bool = false,
    change: SpeechGate.Change? = nil, mic: Loudness = Loudness(power: 0),
    speaker: Loudness = Loudness(power: 0), verdict: Interrupter.Verdict = .none,
    playhead: Playhead = Playhead(state: .silent), shape: MicrophoneShape = MicrophoneShape()
  ) {
    self.time = time
    self.sound = sound
    self.probability = probability
    self.isSpeech = isSpeech
    self.change = change
    self.mic = mic
    self.shape = shape
    self.speaker = speaker
    self.verdict = verdict
    self.playhead = playhead
  }
}
