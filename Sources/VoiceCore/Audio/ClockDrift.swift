/// How far two clocks may be apart, in millionths.
public enum ClockDrift {
  /// Two quartzes that are in order differ by less.
  public static let usual: Float = 200
  /// What is played is made longer or shorter by so much at most; beyond it pieces are left out.
  public static let most: Float = 1_000
}
