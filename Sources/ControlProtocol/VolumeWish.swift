/// What is to become of the volume; empty asks how it is. All of it in steps of 0 to 100.
public struct VolumeWish: Equatable, Sendable {
  public var volume: Int?
  /// Up or down from where it is.
  public var step: Int?
  /// Of the device's own sounds beside the answers.
  public var cues: Int?

  public init(volume: Int? = nil, step: Int? = nil, cues: Int? = nil) {
    self.volume = volume
    self.step = step
    self.cues = cues
  }
}
