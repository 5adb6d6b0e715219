internal import Synchronization

/// One half of the sound on its way between the two threads, as one pointer: the audio thread
/// neither opens, closes nor frees one.
final class Handover<Half>: Sendable {
  /// Lets a half of any kind cross as one pointer.
  final class Holder {
    let half: Half
    init(_ half: Half) { self.half = half }
  }

  /// What came back; it is closed when the last who has it lets go.
  struct Return {
    let half: Half
    /// Its code for why it was lost; nil when it was asked for.
    let failure: Int32?
  }

  private let offered = Atomic<UInt>(0)
  private let returned = Atomic<UInt>(0)
  private let recalled = Atomic<Bool>(false)
  /// Written before `returned`, read after it.
  private let failure = Atomic<Int32>(0)

  // MARK: Conversation side

  /// One at a time: the last one must have come back.
  func offer(_ half: Half) {
    recalled.store(false, ordering: .relaxed)
    let raw = Unmanaged.passRetained(Holder(half)).toOpaque()
    offered.store(UInt(bitPattern: raw), ordering: .releasing)
  }
  /// Asks for it back, within a frame or the card's longest wait.
  func recall() { recalled.store(true, ordering: .releasing) }
  func takeReturned() -> Return? {
    guard let holder = take(returned) else { return nil }
    let code = failure.load(ordering: .relaxed)
    return Return(half: holder.takeRetainedValue().half, failure: code == 0 ? nil : code)
  }

  // MARK: Audio side

  fileprivate var isRecalled: Bool { recalled.load(ordering: .acquiring) }
  fileprivate func takeOffer() -> Unmanaged<Holder>? { take(offered) }
  fileprivate func giveBack(_ holder: Unmanaged<Holder>, because code: Int32) {
    recalled.store(false, ordering: .relaxed)
    failure.store(code, ordering: .relaxed)
    returned.store(UInt(bitPattern: holder.toOpaque()), ordering: .releasing)
  }

  private func take(_ place: borrowing Atomic<UInt>) -> Unmanaged<Holder>? {
    guard place.load(ordering: .relaxed) != 0 else { return nil }
    let raw = place.exchange(0, ordering: .acquiring)
    return UnsafeRawPointer(bitPattern: raw).map { Unmanaged.fromOpaque($0) }
  }
}

/// A half in the audio thread's hands.
struct HalfInUse<Half> {
  private let handover: Handover<Half>
  private var holder: Unmanaged<Handover<Half>.Holder>?
  private var failure: Int32?

  init(_ handover: Handover<Half>) { self.handover = handover }

  var half: Half? { failure == nil ? holder?._withUnsafeGuaranteedRef { $0.half } : nil }

  /// From now on it is not used; it goes back with the next exchange.
  mutating func lose(_ trouble: CardTrouble) { failure = trouble.code == 0 ? -1 : trouble.code }

  /// Between two frames, when nothing of the thread refers to it: what is lost or asked for goes
  /// back, and what is offered is taken.
  ///
  /// - Returns: whether another one is in use than before.
  mutating func exchange() -> Bool {
    if let holder, failure != nil || handover.isRecalled { giveBack(holder) }
    guard holder == nil, let offer = handover.takeOffer() else { return false }
    holder = offer
    return true
  }

  /// At the end.
  mutating func giveBack() {
    if let holder { giveBack(holder) }
  }

  private mutating func giveBack(_ holder: Unmanaged<Handover<Half>.Holder>) {
    self.holder = nil
    handover.giveBack(holder, because: failure ?? 0)
    failure = nil
  }
}
