/// Bytes in as they come, whole blocks out.
///
/// Read until `next()` gives nil after each `append`: then what it holds never exceeds one block
/// and one read. After an error the conversation is over: nobody knows where the next block begins.
public struct BlockReader: Sendable {
  private var buffer: [UInt8] = []
  /// Where the block we are in begins, and how far we have looked for its end.
  private var start = 0
  private var looked = 0

  public init() {}

  public mutating func append(_ bytes: ArraySlice<UInt8>) {
    if start > 0 {
      buffer.removeFirst(start)
      looked -= start
      start = 0
    }
    buffer += bytes
  }

  /// Whether the bytes so far end in the middle of a block.
  public var isInsideBlock: Bool { start < buffer.count }

  /// The next whole block, or nil until more bytes come. Blank lines before a block are skipped.
  public mutating func next() throws(ControlError) -> Fields? {
    while looked < buffer.count {
      let isLineEnd = buffer[looked] == 0x0A
      looked += 1
      guard isLineEnd else { continue }
      if looked - 1 == start {
        start = looked
      } else if buffer[looked - 2] == 0x0A {
        let block = buffer[start..<(looked - 1)]
        start = looked
        return try Fields.parse(block)
      }
    }
    guard buffer.count - start <= Fields.largestBlock else {
      throw .blockTooLong(limit: Fields.largestBlock)
    }
    return nil
  }
}
