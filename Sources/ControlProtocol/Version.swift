/// What both programs say when asked.
public enum Version {
  public static let current = "0.1.0"
}
