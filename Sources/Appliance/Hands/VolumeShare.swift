/// How a volume is shared between a card's mixer and us. All decibels in hundredths.
///
/// The steps are those of `Volume`: 0.4 dB each, whoever makes them. The mixer takes the step at or above
/// what is wanted, for what is quieter in the converter has less noise under it; what is missing to
/// a coarse mixer's step, or below the end of a short one, is ours.
package struct VolumeShare: Equatable {
  /// Of one percent.
  static let step = 40
  /// What a mixer may change in a frame while something plays: 25 dB a second is no jump, neither to
  /// people nor to the echo canceller, whose reference has it a few frames earlier or later than the air.
  package static let glide = 25

  /// What 100 is: full scale. A mixer that can do more would clip, and no canceller undoes that.
  package let top: Int
  package let least: Int

  /// No card has a scale beyond this, 1,000 dB; a driver or a program may say so all the same.
  package static let possible = -100_000...100_000

  package init(decibels: ClosedRange<Int>) {
    let decibels = decibels.clamped(to: VolumeShare.possible)
    least = decibels.lowerBound
    top = decibels.contains(0) ? 0 : decibels.upperBound
  }

  /// What the mixer should do, before it rounds.
  package func wanted(_ percent: Int) -> Int { top + (percent - 100) * VolumeShare.step }

  /// What is ours when the mixer does `granted`: nothing or less.
  package func rest(_ percent: Int, granted: Int) -> Int {
    min(0, wanted(percent) - VolumeShare.believed(granted))
  }

  private static func believed(_ decibels: Int) -> Int {
    min(possible.upperBound, max(possible.lowerBound, decibels))
  }

  /// What somebody else has made of it.
  package func percent(of decibels: Int) -> Int {
    let steps = 2 * (VolumeShare.believed(decibels) - top) / VolumeShare.step
    return min(100, max(0, 100 + (steps - 1) / 2))
  }

  /// Where a glide begins: what is below our lowest nobody hears, and a mixer that is mute down there
  /// says it is at -100,000 dB, which is an hour from anywhere.
  package func start(of decibels: Int) -> Int {
    max(VolumeShare.believed(decibels), wanted(0))
  }

  package static func glided(from now: Int, to target: Int) -> Int {
    now + min(glide, max(-glide, target - now))
  }
}
