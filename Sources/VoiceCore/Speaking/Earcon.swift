/// Our own sounds for the cues, made of a few soft tones. They differ in melody and rhythm, not only
/// in pitch, because a small loudspeaker in a loud place leaves little else:
///
///     listening   two notes up, a question: your turn
///     thinking    the same note twice, quiet: patience
///     no network  three notes down: gone
///     problem     a short note, a pause, a longer one below: uh-oh
///
/// The pitches were chosen beside the listener. A canceller that knows its room from one of these
/// melodies only leaves much of the next one, and what it left at 523 Hz and at 392 Hz was taken for
/// somebody's hum in 17 of 30 rooms, which begins a turn. These never were.
enum Earcon {
  static func sound(of cue: Cue) -> [Int16] {
    var melody = Melody()
    switch cue {
    case .listening:
      melody.play(659.26, at: 0, for: 120)
      melody.play(987.77, at: 90, for: 190)
    case .thinking:
      melody.loudness = 0.08
      melody.play(784, at: 0, for: 200)
      melody.play(784, at: 210, for: 220)
    case .noNetwork:
      melody.play(880, at: 0, for: 150)
      melody.play(659.26, at: 120, for: 150)
      melody.play(440, at: 240, for: 210)
    case .problem:
      // A duller voice than the others': small loudspeakers give more of what lies above.
      melody.above = (0.5, 0.35)
      melody.loudness = 0.14
      melody.play(587.33, at: 0, for: 110)
      melody.play(466.16, at: 180, for: 270)
    }
    return melody.sound.map { $0.sample }
  }

  private struct Melody {
    /// Full scale is 1.
    var sound: [Float] = []
    var loudness: Float = 0.16
    /// The tones at twice and three times the pitch, as parts of it.
    var above: (second: Float, third: Float) = (0.3, 0.12)

    /// - Parameters:
    ///   - pitch: in Hz.
    ///   - start: in milliseconds, as `length`.
    mutating func play(_ pitch: Double, at start: Int, for length: Int) {
      let start = start * 16
      let count = length * 16
      // Ten milliseconds up, all the rest down: struck softly, and without a corner anywhere.
      let rise = 160
      while sound.count < start + count { sound.append(0) }
      let step = Turn.of(pitch / Double(Frame.sampleRate))
      var cosine = 1.0
      var sine = 0.0
      for index in 0..<count {
        let fall = smooth(Float(count - index) / Float(count - rise))
        let level = loudness * fall * smooth(Float(index) / Float(rise))
        // What lies above dies away first, as in all that is struck.
        let first = Float(sine)
        let second = Float(2 * sine * cosine)
        let third = Float(sine * (3 - 4 * sine * sine))
        sound[start + index] +=
          level * (first + fall * (above.second * second + fall * above.third * third))
        (cosine, sine) = (
          cosine * step.cosine - sine * step.sine, sine * step.cosine + cosine * step.sine
        )
      }
    }

    /// From 0 to 1, level at both ends.
    private func smooth(_ place: Float) -> Float {
      let place = min(1, place)
      return place * place * (3 - 2 * place)
    }
  }
}
