internal import Linux
internal import Opus
internal import PocketSphinx
internal import VoiceCore

/// One turn on its way to an ear: its sound waits here until an ear is free, and while the ear works.
final class TurnFeed: Sendable {
  enum Step: Sendable {
    case packet([UInt8], gap: SampleSpan)
    case understand
    case forget
  }

  /// More than the packets of the longest turn (30 s of 10 ms).
  static let mostSteps = 4_000

  let connection: Int
  let turn: TurnID
  let channel: Ear.Channel?
  private let steps: JobQueue<Step>

  init(connection: Int, turn: TurnID, channel: Ear.Channel?) throws(LinuxError) {
    self.connection = connection
    self.turn = turn
    self.channel = channel
    steps = try JobQueue(limit: TurnFeed.mostSteps)
  }

  /// False when there is no room: sound is then heard with a hole, and words never come.
  func add(_ step: Step) -> Bool { steps.put(step) }
  /// Also while an ear works on it: the ear is free for others at once.
  func forget() { steps.close() }

  func next() -> Step { steps.take() ?? .forget }
}

/// Few ears for many devices. A turn takes an ear when one is free, oldest first, and keeps it until
/// it is over; until then its sound waits, and is caught up with at about five times its speed.
final class EarPool: Sendable {
  /// Each costs about 20 MB and a fifth of a core while somebody speaks.
  static let ears = 3
  /// Turns that wait for an ear: one for each of the most devices a server can have, and some that
  /// wait to be forgotten.
  static let mostWaiting = 256

  private let vocabulary: Vocabulary
  private let understanding: Understanding
  private let mailbox: Mailbox
  private let waiting: JobQueue<TurnFeed>

  init(_ vocabulary: Vocabulary, _ understanding: Understanding, to mailbox: Mailbox)
    throws(LinuxError)
  {
    self.vocabulary = vocabulary
    self.understanding = understanding
    self.mailbox = mailbox
    waiting = try JobQueue(limit: EarPool.mostWaiting)
  }

  /// False when too many turns wait.
  func listen(_ feed: TurnFeed) -> Bool { waiting.put(feed) }
  func close() { waiting.close() }

  /// The work of one ear's thread, until `close()`. `ready` is told whether the ear opened.
  func run(_ model: AcousticModel, ready: (RecogniserError?) -> Void) {
    do {
      var ear = try Ear.open(vocabulary, model)
      var decoder = try SpeechDecoder.open()
      ready(nil)
      while let feed = waiting.take() {
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
