internal import ESpeak
internal import Linux
internal import Opus
internal import Synchronization
internal import VoiceCore

/// Makes sentences into packets, one sentence at a time for whoever asked first: devices that speak
/// at the same moment take turns sentence by sentence.
final class VoiceThread: Sendable {
  /// Sentences that wait. One per device, so this is more than there can be.
  static let mostSentences = 256
  static let bitsPerSecond: Int32 = 24_000

  /// Takes sentences back, from any thread.
  final class Hush: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
  }

  struct Job: Sendable {
    let connection: Int
    let reply: ReplyID
    let text: String
    let hush: Hush
  }

  private let voice: Synthesizer
  private let mailbox: Mailbox
  private let jobs: JobQueue<Job>

  init(_ voice: Synthesizer, to mailbox: Mailbox) throws(LinuxError) {
    self.voice = voice
    self.mailbox = mailbox
    jobs = try JobQueue(limit: VoiceThread.mostSentences)
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
          "event=voice_failed connection=\(job.connection) reason=\(Log.quoted("\(error)"))")
        mailbox.post(.init(connection: job.connection, event: .voiceFailed(job.reply)))
      }
    }
  }

  private func say(_ text: String, for job: Job) throws {
    var packer = try Packer()
    var failure: OpusError?
    func post(_ speech: Speech) {
      mailbox.post(.init(connection: job.connection, event: .spoke(job.reply, speech)))
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

/// Cuts sound into packets. Each sentence has its own, because sentences end in silence, where a new
/// encoder makes no seam.
struct Packer: ~Copyable {
  var marks: [Synthesizer.Mark] = []
  private var encoder: SpeechEncoder
  private var sound: [Int16] = []

  init() throws(OpusError) {
    encoder = try .open(bitsPerSecond: VoiceThread.bitsPerSecond, packet: Speech.packet)
  }

  /// Whole packets so far; nil when there is none yet.
  mutating func add(_ more: [Int16]) throws(OpusError) -> Speech? {
    sound += more
    let packets = try encode()
    if packets.isEmpty { return nil }
    defer { marks = [] }
    return Speech(packets: packets, marks: marks)
  }

  /// The rest, filled up with silence.
  mutating func finish() throws(OpusError) -> Speech {
    let size = encoder.samplesPerPacket
    let missing = (size - sound.count % size) % size
    sound += [Int16](repeating: 0, count: missing)
    let packets = try encode()
    return Speech(packets: packets, marks: marks, isEndOfSentence: true)
  }

  private mutating func encode() throws(OpusError) -> [[UInt8]] {
    let size = encoder.samplesPerPacket
    var packets: [[UInt8]] = []
    var start = 0
    while start + size <= sound.count {
      packets.append(try encoder.encode(Array(sound[start..<start + size])))
      start += size
    }
    sound.removeFirst(start)
    return packets
  }
}
