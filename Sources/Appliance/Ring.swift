internal import Synchronization

/// A bounded queue between exactly one thread that pushes and one that pops. Neither side ever
/// waits, locks or allocates; a full ring refuses.
final class Ring<Element: BitwiseCopyable>: @unchecked Sendable {
  private let slots: UnsafeMutablePointer<Element>
  private let mask: Int
  private let pushed = Atomic<Int>(0)
  private let popped = Atomic<Int>(0)

  /// - Parameter capacity: a power of two.
  init(capacity: Int, filler: Element) {
    precondition(capacity > 0 && capacity & (capacity - 1) == 0)
    mask = capacity - 1
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: filler, count: capacity)
  }
  deinit { slots.deallocate() }

  var capacity: Int { mask + 1 }
  /// Exact for the popping side, never too small for the pushing one.
  var count: Int { pushed.load(ordering: .acquiring) &- popped.load(ordering: .acquiring) }
  var isFull: Bool { count >= capacity }

  func push(_ element: Element) -> Bool {
    let at = pushed.load(ordering: .relaxed)
    guard at &- popped.load(ordering: .acquiring) < capacity else { return false }
    slots[at & mask] = element
    pushed.store(at &+ 1, ordering: .releasing)
    return true
  }

  func peek() -> Element? {
    let at = popped.load(ordering: .relaxed)
    guard at != pushed.load(ordering: .acquiring) else { return nil }
    return slots[at & mask]
  }

  /// Removes what `peek` showed.
  func drop() {
    let at = popped.load(ordering: .relaxed)
    guard at != pushed.load(ordering: .acquiring) else { return }
    popped.store(at &+ 1, ordering: .releasing)
  }

  func pop() -> Element? {
    guard let element = peek() else { return nil }
    drop()
    return element
  }
}
