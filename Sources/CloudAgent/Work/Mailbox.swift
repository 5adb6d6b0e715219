internal import Linux
internal import Synchronization

/// Results on their way back from the working threads to the loop. Bounded by what was asked for:
/// one sentence per device at a time, and the words of its turns.
final class Mailbox: Sendable {
  struct Letter: Sendable {
    let session: SessionID
    let result: WorkResult
    /// What was learnt about the device's sound with these words.
    var channel: Ear.Channel? = nil
  }

  private let letters = Mutex<[Letter]>([])
  private let wakeup: Wakeup

  /// To be watched by the loop.
  var number: Int32 { wakeup.number }

  init() throws(LinuxError) { wakeup = try .open() }

  func post(_ letter: Letter) {
    letters.withLock { $0.append(letter) }
    wakeup.signal()
  }

  func takeAll() -> [Letter] {
    wakeup.clear()
    return letters.withLock { letters in
      let all = letters
      letters = []
      return all
    }
  }
}
