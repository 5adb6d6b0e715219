import ControlProtocol
import Room
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

@Suite struct HappeningTests {
  private static let secret = "the safe is behind the mirror"
  private static let words = Spoken(secret)
  private static let turn = TurnID(12)
  private static let reply = ReplyID(34)
  private static let span = SampleSpan.milliseconds(560)
  private static let moment = SampleTime.start + .milliseconds(7_890)

  private static func notes(_ text: String = "plain") -> [Note] {
    var notes: [Note] = [
      .transcript(turn, words, isFinal: true), .transcript(turn, words, isFinal: false),
      .turnLost(turn), .replyStarted(reply, answering: turn), .replyText(reply, words),
      .replySounds(reply), .replyDrained(reply, played: span), .replyDropped(reply, played: span),
      .replyFailed(reply), .ducked(reply, played: span), .held(reply, played: span),
      .resumed(reply, played: span), .interrupted(reply, onset: moment, played: span),
      .welcomed(session: text, agent: text, isResumed: false),
      .agentRefused(code: text, message: text),
    ]
    for cause in [TurnCause.speech, .button, .bargeIn] {
      notes.append(.turnStarted(turn, cause, onset: moment))
    }
    for reason in [TurnEnd.endpoint, .longest, .button] {
      notes.append(.turnCommitted(turn, reason, end: moment, audio: span))
    }
    for reason in [TurnCancel.tooShort, .muted, .button] {
      notes.append(.turnCancelled(turn, reason))
    }
    for shown in [
      Shown.idle, .connecting, .listening, .thinking, .speaking, .offline, .muted, .fault,
    ] {
      notes.append(.shown(shown, before: .idle, because: .speech))
    }
    return notes
  }

  /// Does not compile when there is a note that `notes` may not know.
  private func eventName(of note: Note) -> String {
    switch note {
    case .shown: "state"
    case .turnStarted, .turnCommitted, .turnCancelled, .turnLost: "turn"
    case .transcript: "transcript"
    case .replyStarted, .replyText, .replySounds, .replyDrained, .replyDropped, .replyFailed:
      "reply"
    case .ducked, .held, .resumed, .interrupted: "mute"
    case .welcomed: "link"
    case .agentRefused: "agent"
    }
  }

  @Test func everyNoteIsALineThatSaysWhatAndWhen() {
    for note in HappeningTests.notes() {
      let happening = Happening(note, at: HappeningTests.moment)
      #expect(happening.line.hasPrefix("\(eventName(of: note)) at_ms=7890 "))
      #expect(happening.fields["event"] == eventName(of: note))
      for word in happening.line.split(separator: " ").dropFirst() {
        #expect(word.contains("="), "\(happening.line)")
      }
    }
  }

  @Test func aCueIsALineExceptTheOneThatIsGivenAgainAndAgain() {
    for cue in Cue.allCases {
      let happening = Happening(cue, at: HappeningTests.moment)
      #expect(happening.line == "cue at_ms=7890 cue=\(cue.word)")
      #expect(happening.isFrequent == (cue == .thinking))
    }
  }

  @Test func whatWasSaidIsNeverInALineOrAField() {
    let room = Happening(
      RoomEvent(.talkerStarted, at: HappeningTests.moment, line: 3), words: HappeningTests.secret)
    #expect(room.line == "room at_ms=7890 phase=talker_started line=3")
    let all = HappeningTests.notes().map { Happening($0, at: HappeningTests.moment) } + [room]
    var withWords = 0
    for happening in all {
      #expect(!happening.line.contains("mirror"))
      #expect(!String(decoding: happening.fields.encode(), as: UTF8.self).contains("mirror"))
      // Nor when somebody prints one while looking for a mistake.
      if let words = happening.words {
        withWords += 1
        #expect(words.words == HappeningTests.secret)
        #expect("\(words)" == "<29 bytes spoken>")
      }
    }
    #expect(withWords == 4)
  }

  /// An agent may send any text as its name or refusal.
  @Test func whateverAnAgentSendsALineStaysOneLineAndABlockReadable() throws {
    let seed: UInt64 = 77
    print("seed \(seed)")
    var dice = SeededRandom(seed: seed)
    for _ in 0..<200 {
      let text = String(
        decoding: dice.bytes(Int.random(in: 0...60, using: &dice)).map { $0 % 130 }, as: UTF8.self)
      for note in HappeningTests.notes(text) {
        let happening = Happening(note, at: .start)
        #expect(!happening.line.utf8.contains { $0 < 0x20 || $0 == 0x7F })
        let block = happening.fields.encode()
        // Without the blank line, which is there once and at the end.
        #expect(try Fields.parse(block.dropLast()) == happening.fields)
      }
    }
  }

  @Test func levelsAreForWatchersAndNotForTheLog() {
    let heard = HeardFrame(
      time: HappeningTests.moment, probability: 0.5, mic: .decibels(-20),
      speaker: Loudness(power: 0))
    let happening = Happening(levelsOf: heard)
    #expect(happening.isFrequent)
    #expect(happening.line == "level at_ms=7890 mic_db=-20 speaker_db=-96 speech=50")
  }

  @Test func anInterruptionIsCountedOnceAndAFalseAlarmApart() {
    var tally = Tally()
    let reply = HappeningTests.reply
    let notes: [Note] = [
      .ducked(reply, played: .zero), .resumed(reply, played: .zero),
      .held(reply, played: .zero), .resumed(reply, played: .zero),
      .held(reply, played: .zero), .interrupted(reply, onset: .start, played: .zero),
      .ducked(reply, played: .zero), .resumed(reply, played: .zero),
    ]
    for note in notes { tally.count(note, at: .start) }
    #expect(tally.interrupts == 1 && tally.falseInterrupts == 1)
  }

  @Test func whatADeviceThatStreamsAllTheTimeWouldHaveSentCountsFromTheFirstWelcome() {
    var tally = Tally()
    let second = SampleSpan.seconds(1)
    #expect(tally.continuousBytes(at: .start + second) == 0)
    tally.count(.welcomed(session: "s", agent: "a", isResumed: false), at: .start + second)
    tally.linkLost()
    #expect(tally.session == "" && tally.connectedSince == nil)
    tally.count(.welcomed(session: "t", agent: "a", isResumed: false), at: .start + second + second)
    #expect(tally.continuousBytes(at: .start + second + second + second) == 64_000)
  }
}
