package import VoiceCore
package import WireProtocols

/// One WebSocket connection, numbered by who owns the sockets; never used twice.
package struct ConnectionID: Hashable, Sendable {
  package let number: Int
  package init(_ number: Int) { self.number = number }
}

/// One device's conversation, which may outlive its connections. Counted from 1.
package struct SessionID: Hashable, Sendable {
  package let number: Int
  package init(_ number: Int) { self.number = number }
}

/// What is known of who connects before they say anything.
package struct Admission: Equatable, Sendable {
  /// The device that was proven to be there; nil: whatever it says in its hello is believed.
  package var device: String?
  /// It may have so many sessions; the oldest makes room for a new one. Nil: as the shelf's settings say.
  package var sessions: Int?
  /// Its sessions end when they are this old; nil: never.
  package var longestSession: SampleSpan?
  /// Nil: as the shelf's settings say.
  package var longestTurn: SampleSpan?

  package init(
    device: String? = nil, sessions: Int? = nil, longestSession: SampleSpan? = nil,
    longestTurn: SampleSpan? = nil
  ) {
    self.device = device
    self.sessions = sessions
    self.longestSession = longestSession
    self.longestTurn = longestTurn
  }
}

/// What can happen to a `SessionShelf`.
package enum ShelfEvent: Equatable, Sendable {
  case connected(ConnectionID, Admission)
  case received(ConnectionID, WireMessage)
  /// With the code that either side closed it with, if one did: some end the session.
  case disconnected(ConnectionID, code: UInt16?)
  case worked(SessionID, WorkResult)
  /// At least twice a second while there are sessions or connections.
  case tick
  /// The server is going: all that is being said may end within `grace`.
  case drain(grace: SampleSpan)
}

/// What a `SessionShelf` asks of the world, in order.
package enum ShelfEffect: Equatable, Sendable {
  case send(WireMessage, on: ConnectionID)
  /// Nothing more is sent on it or taken from it.
  case close(ConnectionID, code: UInt16, reason: String)
  case work(SessionID, Work)
  case note(SessionID, SessionNote)
  /// A connection that never became a session was sent away.
  case refused(ConnectionID, code: String, message: String)
}

/// What happened to a session, for logs and measurements.
package enum SessionNote: Equatable, Sendable {
  /// `device` was proven to be there; nil when it was only said.
  case began(ConnectionID, Upstream.Hello, device: String?)
  /// Over another connection, with so many messages sent again.
  case resumed(ConnectionID, replayed: Int, away: SampleSpan)
  /// Its connection is gone; it waits.
  case left(unacknowledged: Int)
  /// More was sent than can be kept for a resume.
  case journalFull
  case heard(Upstream)
  case said(Downstream)
  case broken(String)
  case warned(reason: String)
  /// So many sessions of its device ended each other in this time: there may be several of it.
  case rivals(Int, within: SampleSpan)
  /// Nothing of it remains, and all its work was taken back.
  case ended(reason: String, strays: Int)
}
