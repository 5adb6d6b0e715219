public import VoiceCore

/// Numbers on their way from blocks of one size to blocks of another. Full, it keeps the newest.
public struct NumberQueue: ~Copyable {
  private let memory: UnsafeMutableBufferPointer<Float>
  private var first = 0
  public private(set) var count = 0
  /// Numbers that found no room.
  public private(set) var lost = 0

  public init(capacity: Int) {
    memory = .allocate(capacity: capacity)
    memory.initialize(repeating: 0)
  }
  deinit { memory.deallocate() }

  public mutating func push(_ numbers: UnsafePointer<Float>, count more: Int) {
    for index in 0..<more { push(numbers[index]) }
  }

  private mutating func push(_ number: Float) {
    if count == memory.count {
      first = first + 1 == memory.count ? 0 : first + 1
      count -= 1
      lost += 1
    }
    let end = first + count
    memory[end < memory.count ? end : end - memory.count] = number
    count += 1
  }

  /// Takes a frame out of it.
  ///
  /// - Returns: false, and takes nothing, if there is less than one.
  public mutating func pop(_ frame: inout Frame) -> Bool {
    guard count >= Frame.sampleCount else { return false }
    for index in 0..<Frame.sampleCount {
      let number = memory[first]
      let nearest = number + (number < 0 ? -0.5 : 0.5)
      frame[index] = Int16(max(-32_768, min(32_767, nearest)))
      first = first + 1 == memory.count ? 0 : first + 1
    }
    count -= Frame.sampleCount
    return true
  }

  public mutating func removeAll() { count = 0 }
}
