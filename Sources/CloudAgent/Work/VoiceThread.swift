internal import ESpeak
internal import Linux
internal import Opus
internal import Synchronization
internal import VoiceCore

/// Makes sentences into packets, one sentence at a time for whoever asked first: devices that speak
/// at the same moment take turns sentence by sentence.
final class VoiceThread: Sendable {
  static let bitsPerSecond: Int32 = 24_000

  /// Takes sentences back, from any thread.
  final class Hush: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
  }

  struct Job: Sendable {
    let session: SessionID
    let reply: ReplyID
    let text: String
    let hush: Hush
  }

  private let voice: Synthesizer
  private let mailbox: Mailbox
  private let jobs: JobQueue<Job>

  /// - Parameter mostSentences: that may wait.
  init(_ voice: Synthesizer, to mailbox: Mailbox, mostSentences: Int) throws(LinuxError) {
    self.voice = voice
    self.mailbox = mailbox
    jobs = try JobQueue(limit: mostSentences)
  }

  /// False when too many sentences wait.
  func say(_ job: Job) -> Bool { jobs.put(job) }
  func close() { jobs.close() }

  /// Until `close()`.
  func run() {
    while let job = jobs.take() {
      guard !job.hush.isSet else { continue }
      do {
        try say(job.text, for: job)
      } catch {
        Log.warning(
          "event=voice_failed session=\(job.session.number) reason=\(Log.quoted("\(error)"))")
        mailbox.post(.init(session: job.session, result: .voiceFailed(job.reply)))
      }
    }
  }

  private func say(_ text: String, for job: Job) throws {
    var packer = try Packer()
    var failure: OpusError?
    func post(_ speech: Speech) {
      mailbox.post(.init(session: job.session, result: .spoke(job.reply, speech)))
    }
    try voice.say(text) { piece in
      switch piece {
      case .word(let mark): packer.marks.append(mark)
      case .sound(let sound):
        do throws(OpusError) {
          if let speech = try packer.add(sound) { post(speech) }
        } catch {
          failure = error
          return false
        }
      }
      return !job.hush.isSet
    }
    if let failure { throw failure }
    if !job.hush.isSet { post(try packer.finish()) }
  }
}
