internal import ESpeak
internal import Linux
internal import PocketSphinx
internal import VoiceCore

/// The threads that hear and speak. They end with it.
final class Workshop {
  let voice: VoiceThread
  private let ears: EarPool?
  private var threads: [Thread] = []

  /// A thread as something to keep in an array.
  private final class Thread {
    private var thread: RealtimeThread?
    init(_ name: StaticString, run: @escaping @Sendable () -> Void) throws(LinuxError) {
      thread = try RealtimeThread.start(name: name, priority: nil, run: run)
    }
    func join() {
      if let thread = thread.take() { thread.join() }
    }
  }

  /// Loads the model and the voice; the echo needs no ears.
  init(_ options: AgentOptions, to mailbox: Mailbox) throws {
    let synthesizer = try Synthesizer(voice: options.voice, wordsPerMinute: options.rate)
    let voice = try VoiceThread(
      synthesizer, to: mailbox, mostSentences: options.mostSentences)
    self.voice = voice
    if options.isEcho {
      ears = nil
    } else {
      let vocabulary = try Vocabulary(
        .kiosk, everyday: EverydayWords.all, own: Phrasebook.pronunciations, model: .usual)
      ears = try EarPool(
        vocabulary, Understanding(.kiosk), to: mailbox, mostTurns: options.mostTurns)
    }
    threads.append(try Thread("voice") { voice.run() })
    if let ears { try start(ears) }
  }

  deinit {
    voice.close()
    ears?.close()
    for thread in threads { thread.join() }
  }

  private func start(_ ears: EarPool) throws {
    let opened = try JobQueue<RecogniserError?>(limit: EarPool.ears)
    for ear in 0..<EarPool.ears {
      threads.append(
        try Thread("ear") {
          ears.run(ear, .usual) { _ = opened.put($0) }
        })
    }
    for _ in 0..<EarPool.ears {
      if let result = opened.take(), let error = result { throw error }
    }
  }

  /// Nil when there is nobody to listen: for the echo, or because too many turns wait.
  func listen(to turn: TurnID, for line: Line) -> TurnFeed? {
    guard let ears else { return nil }
    do throws(LinuxError) {
      return try ears.listen(
        to: turn, of: line.id, from: line.owner, on: line.channel)
    } catch {
      Log.warning("event=hearing_failed reason=\(Log.quoted(error.description))")
      return nil
    }
  }
}
