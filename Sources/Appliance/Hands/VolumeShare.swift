/// How a volume is shared between a card's mixer and us. All decibels in hundredths.
///
/// The steps are those of `Volume`: 0.4 dB each, whoever makes them. The mixer takes the step at or above
/// what is wanted, for what is quieter in the converter has less noise under it; what is missing to
/// a coarse mixer's step, or below the end of a short one, is ours.
package struct VolumeShare: Equatable {
  /// Of one percent.
  static let step = 40
  /// What a mixer may change in a frame while something plays: 25 dB a second is no jump, neither to
  /// people nor to the echo canceller, whose reference does not know of it.
  package static let glide = 25

  /// What 100 is: full scale. A mixer that can do more would clip, and no canceller undoes that.
  package let top: Int
  package let least: Int

  package init(decibels: ClosedRange<Int>) {
    least = decibels.lowerBound
    top = decibels.contains(0) ? 0 : decibels.upperBound
  }

  /// What the mixer should do, before it rounds.
  package func wanted(_ percent: Int) -> Int { top + (percent - 100) * VolumeShare.step }

  /// What is ours when the mixer does `granted`: nothing or less.
  package func rest(_ percent: Int, granted: Int) -> Int { min(0, wanted(percent) - granted) }

  /// What somebody else has made of it.
  package func percent(of decibels: Int) -> Int {
    let steps = 2 * (decibels - top) / VolumeShare.step
    return min(100, max(0, 100 + (steps - 1) / 2))
  }

  package static func glided(from now: Int, to target: Int) -> Int {
    now + min(glide, max(-glide, target - now))
  }
}
