internal import VoiceCore

/// What comes back for a single click: the impulse response from what is handed to the loudspeaker
/// to what the microphone hears.
struct RoomAnswer {
  let spectrum: SoundTransform.Spectrum
  /// Wraps around: what comes before the click is at the end.
  let sound: [Float]

  init(spectrum: SoundTransform.Spectrum, sound: [Float]) {
    self.spectrum = spectrum
    self.sound = sound
  }

  /// What two answers are compared by: the direct sound with what follows at once.
  static let reach = 64
  private static let kept = 1_600

  subscript(lag: Int) -> Float {
    sound[lag < 0 ? lag + sound.count : lag]
  }

  /// The stretch around a place, which is at `reach` in it, faded at its end.
  func around(_ place: Int) -> [Float] {
    (0..<RoomAnswer.kept).map { index in
      let edge = min(1, min(Float(index), Float(RoomAnswer.kept - 1 - index)) / 48)
      return self[place - RoomAnswer.reach + index] * edge
    }
  }

  func energy(from start: Int, to end: Int) -> Double {
    var sum = 0.0
    for lag in start..<max(start, end) { sum += Double(self[lag]) * Double(self[lag]) }
    return sum
  }

  // MARK: The direct sound

  /// The longest way that is looked at, and the shortest: a card may be heard before it was given
  /// the sound only by an error of ours.
  static let lags = -160...7_200

  struct Direct {
    /// In samples.
    var place: Int
    /// How far it stands out of what has no business there, in dB.
    var clarity: Double
    /// The energy of one sample of noise.
    var noise: Double
  }

  /// The first strong arrival.
  var direct: Direct {
    var strongest = RoomAnswer.lags.lowerBound
    for lag in RoomAnswer.lags where abs(self[lag]) > abs(self[strongest]) { strongest = lag }
    // A wall may throw more than the straight way, but not by much, and not much later.
    var place = strongest
    let bar = abs(self[strongest]) * RoomAnswer.comparable
    let earliest = max(RoomAnswer.lags.lowerBound, strongest - RoomAnswer.detour)
    for lag in earliest..<strongest
    where abs(self[lag]) > bar && abs(self[lag]) >= abs(self[lag + 1]) {
      place = lag
      break
    }
    let noise = noise(before: place)
    let height = Double(self[strongest]) * Double(self[strongest])
    return Direct(
      place: place, clarity: Logarithm.decibels(height / max(noise, 1e-24)), noise: noise)
  }

  private static let comparable: Float = 0.45
  private static let detour = 240

  /// Between the second harmonic and the sound itself nothing is to be heard but noise.
  private func noise(before place: Int) -> Double {
    let lead = Int(Sweep.harmonicLead * Logarithm.of(2))
    let start = place - lead + 480
    let end = place - 96
    return energy(from: start, to: end) / Double(end - start)
  }

  /// With its fraction.
  func exactPlace(of direct: Direct) -> Double {
    Peak(spectrum: spectrum, near: direct.place).place
  }
}
