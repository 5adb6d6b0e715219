public import VoiceCore

/// A room to live in without a sound card: a talker with a script, a loudspeaker whose sound comes
/// back at the microphone, and noise. It takes one frame that was played and gives one that was
/// heard, both of the same ten milliseconds. The same inputs give the same sound on every machine.
public struct Room: ~Copyable {
  private var talker: Talker
  private var ear = LoudspeakerEar()
  private let delay: SampleSpan
  /// Nil where both have one clock.
  private var drifting: DriftingLoudspeaker?
  private var sounding = Frame()
  private var echo: EchoPath
  private var noise: RoomNoise
  private var events = RoomEvents()
  public private(set) var time: SampleTime

  /// - Parameters:
  ///   - sounds: What `script.sounds` names, in its order.
  ///   - start: The device's clock at the first frame, so that the events carry its time.
  public init(
    script: TalkerScript, sounds: [[Int16]], acoustics: RoomAcoustics, start: SampleTime = .start
  ) {
    talker = Talker(script, sounds: sounds, at: start)
    echo = EchoPath(acoustics)
    delay = acoustics.delay
    let steepest = RoomAcoustics.steepestDrift
    if acoustics.driftPPM != 0 {
      drifting = DriftingLoudspeaker(ppm: max(-steepest, min(steepest, acoustics.driftPPM)))
    }
    noise = RoomNoise(acoustics)
    time = start
  }

  /// The next ten milliseconds. Allocates nothing.
  public mutating func next(hearing loudspeaker: borrowing Frame, into mic: inout Frame) {
    var mix = InlineArray<160, Float>(repeating: 0)
    // What the talker does in this frame depends on what was heard until it began.
    talker.act(at: time, hearing: ear, into: &mix, telling: &events)
    if drifting == nil {
      sounding = copy loudspeaker
    } else {
      drifting?.pass(loudspeaker, into: &sounding)
    }
    ear.hear(sounding, at: time, telling: &events)
    echo.add(sounding, to: &mix)
    noise.add(to: &mix)
    for index in 0..<Frame.sampleCount {
      let sample = max(-32_768, min(32_767, mix[index]))
      mic.samples[index] = Int16(sample < 0 ? sample - 0.5 : sample + 0.5, saturating: ())
    }
    time = time + Frame.span
  }

  /// Milliseconds from what the loudspeaker was given to its echo in the microphone, as it is just now.
  public var echoDelay: Float { Float((Double(delay.samples) + (drifting?.lag ?? 0)) / 16) }
  /// Samples from what the loudspeaker was given to its sound.
  public var loudspeakerDelay: SampleSpan {
    SampleSpan(samples: Int64((drifting?.lag ?? 0).rounded()))
  }
  /// Times the loudspeaker ran dry or had no room, because its clock is another.
  public var stumbles: Int { drifting?.stumbles ?? 0 }

  /// What happened, oldest first; nil when there is nothing more. Up to 32 are kept.
  public mutating func takeEvent() -> RoomEvent? { events.take() }

  /// Events lost because nobody took them.
  public var lostEvents: Int { events.refused }

  /// The script has come to its end; the room itself goes on.
  public var isOver: Bool { talker.isOver }
}

extension Int16 {
  /// Rounding may carry the largest sample over the edge.
  fileprivate init(_ value: Float, saturating: ()) {
    self = value >= 32_767 ? .max : value <= -32_768 ? .min : Int16(value)
  }
}
