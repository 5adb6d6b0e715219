import SoundPath
import TestSupport

/// A microphone and a loudspeaker with clocks of their own, in virtual time, and a queue between them
/// that a keeper looks after. Everything in samples of ours.
struct VirtualCards {
  var keeper: QueueKeeper
  private(set) var cushion: Cushion
  /// By how many millionths the loudspeaker's clock is faster than the microphone's.
  var ppm: Double
  /// By how much one measured lag differs from the next.
  var jitter: Double
  /// Samples that the loudspeaker fetches at a time.
  var burst: Double
  var isSilent = false
  private(set) var written = 0.0
  private(set) var played = 0.0
  private(set) var moved: Double
  /// The least that was in front of the loudspeaker in this second.
  private var least = Double.infinity
  private(set) var frames = 0
  private(set) var jumps = 0
  private(set) var ranDry = 0
  private var random: SeededRandom

  init(
    _ kind: QueueKeeper.Kind = .hardware, ppm: Double, jitter: Double = 8, burst: Double = 1,
    aim: Double = 192, moved: Double = 0, seed: UInt64
  ) {
    keeper = QueueKeeper(kind: kind)
    cushion = Cushion(start: Int(aim))
    self.moved = moved
    keeper.begin(aim: kind == .hardware ? Float(aim) : nil)
    self.ppm = ppm
    self.jitter = jitter
    self.burst = burst
    written = aim
    random = SeededRandom(seed: seed)
  }

  /// What truly stands between a sample captured now and the air.
  var lag: Double { written - played }

  /// The loudspeaker is given more, or less, than anybody planned.
  mutating func disturb(by samples: Double) { written += samples }

  /// Our thread comes too late by so many samples: a loudspeaker that has run dry meanwhile begins anew.
  mutating func stall(_ samples: Double) {
    least = min(least, lag - samples)
    guard lag < samples else { return }
    ranDry += 1
    cushion.ranDry()
    keeper.begin(aim: Float(cushion.length))
    written = played + Double(cushion.length)
  }

  mutating func run(seconds: Double, each: (VirtualCards) -> Void = { _ in }) {
    for _ in 0..<Int(seconds * 100) {
      frames += 1
      // What has been fetched, as the driver tells it.
      let told = (played / burst).rounded(.down) * burst
      let late = Double.random(in: 0...1, using: &random) * jitter
      let jump = keeper.hear(
        lag: Float(written - told + late - jitter / 2), moved: moved, isSilent: isSilent)
      each(self)
      if jump != 0 { jumps += 1 }
      let more = 160 * Double(keeper.stretchPPM) / 1e6
      written += 160 + more + Double(jump)
      moved += more
      played += 160 * (1 + ppm / 1e6)
      least = min(least, lag)
      if played > written {
        ranDry += 1
        played = written
      }
      if frames % 100 == 0 { settleCushion() }
    }
  }

  private mutating func settleCushion() {
    let change = Double(cushion.survived(least: Int(least)))
    least = .infinity
    guard change != 0 else { return }
    written += change
    keeper.move(by: Float(change))
  }
}
