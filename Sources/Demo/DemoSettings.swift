/// The settings file with which the demo starts the daemon.
public struct DemoSettings: Sendable {
  public var agentURL: String
  public var authority: String
  public var controlSocket: String
  /// The talker's script and the folder for the recording; nil where a person speaks.
  public var room: (script: String, recording: String)?

  public init(
    agentURL: String, authority: String, controlSocket: String,
    room: (script: String, recording: String)?
  ) {
    self.agentURL = agentURL
    self.authority = authority
    self.controlSocket = controlSocket
    self.room = room
  }

  /// Paths are quoted, so that one with blanks and signs of comment is one too.
  public var text: String {
    var text = """
      # Written by the demo.
      [agent]
      url = \(agentURL)
      ca_file = "\(authority)"

      [device]
      name = demo
      model = demo
      state =

      [control]
      socket = "\(controlSocket)"

      [sound]
      card = \(room == nil ? "alsa" : "room")

      """
    if let room {
      text += """

        [room]
        script = "\(room.script)"
        recording = "\(room.recording)"

        """
    }
    return text
  }
}
