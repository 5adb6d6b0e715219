/// What is done to the sound for the recogniser beyond taking out the echo; the judges of speech
/// never see it.
public struct RecogniserPath: Sendable {
  public struct Settings: Equatable, Sendable {
    /// Steady noise is turned down.
    public var reducesNoise = false
    /// Speech is brought to the same level.
    public var levelsSpeech = false

    public init() {}
  }

  private let settings: Settings
  private var reducer = NoiseReducer()
  private var level = LevelControl()

  public init(settings: Settings) { self.settings = settings }

  /// The gains for the bands of `heard`, of which `gains` are those that take out the echo.
  mutating func refine(_ gains: borrowing Bands, heard: borrowing Bands) -> Bands {
    var refined = copy gains
    guard settings.reducesNoise else { return refined }
    let reduced = reducer.gains(for: heard)
    for band in 0..<Bands.count { refined[band] *= reduced[band] }
    return refined
  }

  mutating func finish(_ clean: inout Frame, speech: Float) {
    if settings.levelsSpeech { level.apply(to: &clean, speech: speech) }
  }
}
