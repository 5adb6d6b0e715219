import Testing
import VoiceCore

@testable import CloudAgent

/// The turns that wait for an ear.
@Suite struct LobbyTests {
  private func turn(_ session: Int, in lobby: TurnLobby) throws -> TurnFeed {
    try TurnFeed(
      session: SessionID(session), device: "d\(session)", turn: TurnID(1), channel: nil, in: lobby)
  }

  @Test func oneWaitsForEverySessionOfALargeServer() throws {
    var options = AgentOptions()
    options.connections = 200
    let lobby = try TurnLobby(mostTurns: options.mostTurns)
    for session in 1...options.sessions { #expect(lobby.enter(try turn(session, in: lobby))) }
  }

  @Test func itIsFullUntilOneIsForgotten() throws {
    let lobby = try TurnLobby(mostTurns: 2)
    let first = try turn(1, in: lobby)
    #expect(lobby.enter(first))
    #expect(lobby.enter(try turn(2, in: lobby)))
    #expect(!lobby.enter(try turn(3, in: lobby)))
    first.forget()
    #expect(lobby.enter(try turn(3, in: lobby)))
  }
}
