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
  /// A guess that was wrong costs hearing the turn again, at six times its speed: not for long turns,
  /// not often in one, and not while others wait for an ear.
  static let longestGuess = SampleSpan.seconds(8)
  static let mostGuesses = 3

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
  func listen(
    to turn: TurnID, of session: SessionID, from device: String, on channel: Ear.Channel?
  ) throws(LinuxError) -> TurnFeed? {
    let feed = try TurnFeed(
      session: session, device: device, turn: turn, channel: channel, in: lobby)
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
            "event=hearing_failed session=\(feed.session.number) turn=\(feed.turn.number) "
              + "reason=\(Log.quoted("\(error)"))")
          // The person is told that they were not heard.
          post(.understood(feed.turn, .init(intent: nil, words: Spoken(""))), for: feed)
        }
        lobby.leave(feed)
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
    // Kept because a recogniser that has told what a turn was cannot go on with it.
    var sound: [[Int16]] = []
    var length = 0
    var guessed: Heard?
    var guesses = 0
    while true {
      switch feed.next() {
      case .packet(let packet, let gap):
        var piece = [Int16](repeating: 0, count: Int(gap.samples))
        // A broken packet is a hole in the turn, not its end.
        do throws(OpusError) { piece += try decoder.decode(packet) } catch {
          Log.warning("event=packet_broken session=\(feed.session.number)")
        }
        sound.append(piece)
        length += piece.count
        // After a guess it is the silence that confirms it, or the turn is resumed.
        if guessed == nil { hear(piece, &ear) }
      case .guess(let revision, let place):
        guard guessed == nil, feed.wantsGuess(at: revision) else { break }
        let glimpse = understanding.glimpse(ear.glance())
        post(.glimpsed(feed.turn, glimpse, upTo: place), for: feed)
        guard glimpse.hint != .unfinished, guesses < EarPool.mostGuesses, !lobby.isCrowded,
          length <= EarPool.longestGuess.samples
        else { break }
        guesses += 1
        let heard = try understand(&ear)
        guessed = heard
        post(
          .guessed(feed.turn, revision: revision, heard.understood), for: feed,
          channel: heard.channel)
      case .resume:
        guard guessed != nil else { break }
        guessed = nil
        try ear.begin(on: feed.channel)
        for piece in sound where !feed.isForgotten { hear(piece, &ear) }
      case .understand:
        let heard = try guessed ?? understand(&ear)
        post(.understood(feed.turn, heard.understood), for: feed, channel: heard.channel)
        return
      case .forget:
        ear.forget()
        return
      }
    }
  }

  private struct Heard {
    let understood: WorkResult.Understood
    let channel: Ear.Channel
  }

  private func understand(_ ear: inout Ear) throws -> Heard {
    let heard = try ear.finish()
    let intent = understanding.find(grammar: heard.grammar, everyday: heard.everyday)
    let words = intent == nil ? heard.everyday.words : heard.grammar.words
    return Heard(
      understood: .init(intent: intent, words: Spoken(words.joined(separator: " "))),
      channel: heard.channel)
  }

  private func hear(_ sound: [Int16], _ ear: inout Ear) {
    do throws(RecogniserError) { try ear.hear(sound) } catch {
      Log.warning("event=hearing_failed reason=\(Log.quoted(error.description))")
    }
  }

  private func post(
    _ result: WorkResult, for feed: TurnFeed, channel: Ear.Channel? = nil
  ) {
    mailbox.post(.init(session: feed.session, result: result, channel: channel))
  }
}
