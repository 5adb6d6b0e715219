internal import Linux
internal import Opus
internal import PocketSphinx
internal import VoiceCore

/// Few ears for many devices. Most listen while a person speaks, so that the words are there when the
/// turn is. When more people speak at once than there are ears, their sound waits; an ear of its own
/// catches up with finished turns at about six times their speed, so that nobody's answer waits for
/// others to stop talking.
final class EarPool: Sendable {
  /// Each ear costs about 20 MB, and a sixth of a core while somebody speaks.
  static let liveEars = 3
  static let ears = liveEars + 1

  private let vocabulary: Vocabulary
  private let understanding: Understanding
  private let mailbox: Mailbox
  private let lobby: TurnLobby

  init(_ vocabulary: Vocabulary, _ understanding: Understanding, to mailbox: Mailbox)
    throws(LinuxError)
  {
    self.vocabulary = vocabulary
    self.understanding = understanding
    self.mailbox = mailbox
    lobby = try TurnLobby()
  }

  /// Nil when too many turns wait.
  func listen(to turn: TurnID, of connection: Int, on channel: Ear.Channel?) throws(LinuxError)
    -> TurnFeed?
  {
    let feed = try TurnFeed(connection: connection, turn: turn, channel: channel, in: lobby)
    return lobby.enter(feed) ? feed : nil
  }

  func close() { lobby.close() }

  /// The work of one ear's thread, until `close()`. `ready` is told whether the ear opened.
  func run(_ ear: Int, _ model: AcousticModel, ready: (RecogniserError?) -> Void) {
    let catchesUp = ear >= EarPool.liveEars
    do {
      var ear = try Ear.open(vocabulary, model)
      var decoder = try SpeechDecoder.open()
      ready(nil)
      while let feed = lobby.take(finishedOnly: catchesUp) {
        do { try hear(feed, &ear, &decoder) } catch {
          ear.forget()
          Log.warning(
            "event=hearing_failed connection=\(feed.connection) turn=\(feed.turn.number) "
              + "reason=\(Log.quoted("\(error)"))")
          // The person is told that they were not heard.
          post(.init(intent: nil, words: Spoken("")), for: feed)
        }
      }
    } catch let error as RecogniserError {
      ready(error)
    } catch {
      ready(.library(action: "decode sound: \(error)"))
    }
  }

  private func hear(
    _ feed: TurnFeed, _ ear: inout Ear, _ decoder: inout SpeechDecoder
  ) throws {
    try ear.begin(on: feed.channel)
    decoder.reset()
    while true {
      switch feed.next() {
      case .packet(let packet, let gap):
        if gap > .zero { try ear.hear([Int16](repeating: 0, count: Int(gap.samples))) }
        // A broken packet is a hole in the turn, not its end.
        do throws(OpusError) {
          let sound = try decoder.decode(packet)
          try hear(sound, &ear)
        } catch {
          Log.warning("event=packet_broken connection=\(feed.connection)")
        }
      case .glance(let place):
        mailbox.post(
          .init(
            connection: feed.connection,
            event: .glimpsed(feed.turn, understanding.glimpse(ear.glance()), upTo: place)))
      case .understand:
        let heard = try ear.finish()
        let intent = understanding.find(grammar: heard.grammar, everyday: heard.everyday)
        let words = intent == nil ? heard.everyday.words : heard.grammar.words
        post(
          .init(intent: intent, words: Spoken(words.joined(separator: " "))), for: feed,
          channel: heard.channel)
        return
      case .forget:
        ear.forget()
        return
      }
    }
  }

  private func hear(_ sound: [Int16], _ ear: inout Ear) throws(OpusError) {
    do throws(RecogniserError) { try ear.hear(sound) } catch {
      Log.warning("event=hearing_failed reason=\(Log.quoted(error.description))")
    }
  }

  private func post(
    _ understood: AgentEvent.Understood, for feed: TurnFeed, channel: Ear.Channel? = nil
  ) {
    mailbox.post(
      .init(
        connection: feed.connection, event: .understood(feed.turn, understood), channel: channel))
  }
}
