/// The colours of all our pictures: one for each thing, whichever picture it is in.
public enum Palette {
  public static var paper: String { "#fbfaf7" }
  public static var lane: String { "#f3f1ea" }
  public static var grid: String { "#e4e0d6" }
  public static var ink: String { "#20252b" }
  public static var faint: String { "#757c86" }
  /// The person in the room.
  public static var visitor: String { "#0b8584" }
  public static var agent: String { "#5a55cf" }
  /// What the microphone hears beside the person: the loudspeaker's echo and noise.
  public static var echo: String { "#b9b8b1" }
  public static var alarm: String { "#d23c4b" }
  public static var amber: String { "#c07a12" }
}
