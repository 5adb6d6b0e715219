internal import Synchronization
internal import VoiceCore

/// Where the audio thread leaves what it learned of the echo when the conversation asks for it: one
/// place, taken at start, and whose turn it is.
final class EchoDesk: @unchecked Sendable {
  private let memory: UnsafeMutablePointer<EchoMemory>
  private let turn = Atomic<Int>(EchoDesk.idle)

  private static let idle = 0
  private static let asked = 1
  private static let filled = 2

  init() {
    memory = .allocate(capacity: 1)
    memory.initialize(to: EchoMemory())
  }
  deinit { memory.deallocate() }

  // MARK: Conversation side

  func ask() {
    _ = turn.compareExchange(
      expected: EchoDesk.idle, desired: EchoDesk.asked, ordering: .relaxed)
  }

  /// Shows what was left there, if anything was, and asks for nothing further.
  func take(_ use: (borrowing EchoMemory) -> Void) {
    guard turn.load(ordering: .acquiring) == EchoDesk.filled else { return }
    use(memory.pointee)
    turn.store(EchoDesk.idle, ordering: .releasing)
  }

  // MARK: Audio side

  var isAsked: Bool { turn.load(ordering: .acquiring) == EchoDesk.asked }

  /// Only when asked, or when nobody takes any more.
  ///
  /// - Parameter fill: writes all of it, or returns false.
  func leave(_ fill: (inout EchoMemory) -> Bool) {
    let isFilled = fill(&memory.pointee)
    turn.store(isFilled ? EchoDesk.filled : EchoDesk.idle, ordering: .releasing)
  }
}
