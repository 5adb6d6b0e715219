/// When somebody who speaks is listened to.
public enum TalkMode: Equatable, Sendable {
  /// Always.
  case open
  /// While the button is held.
  case push
  /// Once the button was pressed, until the turn is over.
  case tap
}
