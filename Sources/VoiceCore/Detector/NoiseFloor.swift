/// The quietest each band has been for a while, in doublings of power: what the room sounds like
/// without anybody.
///
/// The least of a smoothed power over six stretches of 0.4 s: speech pauses more often than that,
/// and a noise that begins is the floor after two and a half seconds.
struct NoiseFloor: Sendable {
  private static let stretches = 6
  private static let stretchFrames = 40
  /// The least of many is below the mean by about this much.
  private static let bias: Float = 1

  private var smoothed = Bands(repeating: 0)
  private var running = Bands(repeating: 0)
  private var least: InlineArray<6, Bands> = InlineArray(repeating: Bands(repeating: 0))
  private var stretch = 0
  private var frames = 0
  private var isNew = true

  /// In doublings of power.
  private(set) var level = Bands(repeating: 0)

  init() {}

  /// - Parameter power: in doublings.
  mutating func hear(_ power: borrowing Bands) {
    if isNew {
      isNew = false
      for band in 0..<Bands.count {
        smoothed[band] = power[band]
        running[band] = power[band]
        for index in 0..<NoiseFloor.stretches { least[index][band] = power[band] }
      }
    }
    for band in 0..<Bands.count {
      smoothed[band] += (power[band] - smoothed[band]) * 0.25
      running[band] = min(running[band], smoothed[band])
      var floor = running[band]
      for index in 0..<NoiseFloor.stretches { floor = min(floor, least[index][band]) }
      // A floor that jumps would look like a sound.
      let now = frames < NoiseFloor.stretchFrames && isStarting ? floor : level[band]
      level[band] = now + (floor + NoiseFloor.bias - now) * 0.3
    }
    frames += 1
    guard frames == NoiseFloor.stretchFrames else { return }
    frames = 0
    isStarting = false
    least[stretch] = running
    stretch = (stretch + 1) % NoiseFloor.stretches
    running = smoothed
  }

  private var isStarting = true
}
