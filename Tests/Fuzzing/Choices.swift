/// Reads an input as a row of choices, so that whoever changes its bytes changes the structure of what is
/// made of it. After the end of the input every choice is 0, which is always the ordinary one.
struct Choices {
  private let bytes: [UInt8]
  private var next = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isEmpty: Bool { next >= bytes.count }

  mutating func byte() -> UInt8 {
    guard next < bytes.count else { return 0 }
    defer { next += 1 }
    return bytes[next]
  }

  /// Below `count`.
  mutating func pick(_ count: Int) -> Int { count > 0 ? Int(byte()) % count : 0 }

  mutating func of<Value>(_ values: [Value]) -> Value { values[pick(values.count)] }

  /// One in `count` is yes.
  mutating func isRare(_ count: Int) -> Bool { pick(count) == count - 1 }

  mutating func word() -> UInt32 {
    var word: UInt32 = 0
    for _ in 0..<4 { word = word << 8 | UInt32(byte()) }
    return word
  }

  /// So many of the input's bytes, as far as there are.
  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(bytes.count, next + count)
    defer { next = end }
    return Array(bytes[next..<end])
  }

  mutating func rest() -> [UInt8] { take(bytes.count) }

  /// Two bytes, high and low: lengths up to 4,095.
  mutating func length() -> Int { Int(byte() & 15) << 8 | Int(byte()) }

  /// Mostly `right`; otherwise beside it, at or beyond the ends of what is allowed, or anything.
  mutating func number(_ right: Int64, in allowed: ClosedRange<Int64>) -> Int64 {
    switch byte() {
    case 0..<176: right
    case 176..<184: right &+ 1
    case 184..<192: right &- 1
    case 192..<196: allowed.lowerBound
    case 196..<200: allowed.upperBound
    case 200: allowed.lowerBound &- 1
    case 201: allowed.upperBound &+ 1
    case 202: 0
    case 203: -1
    case 204: 255
    case 205: 256
    case 206: Int64(Int32.max)
    case 207: Int64(UInt32.max)
    case 208: Int64(UInt32.max) + 1
    case 209: .max
    case 210: .min
    case 211..<240: Int64(byte())
    default: Int64(word())
    }
  }
}

/// Writes inputs that `Choices` reads back, for seeds.
struct Script {
  private(set) var bytes: [UInt8] = []
  mutating func add(_ choices: UInt8...) { bytes += choices }
  mutating func add(length: Int) { add(UInt8(length >> 8 & 15), UInt8(length & 255)) }
  mutating func add(bytes more: [UInt8]) {
    add(length: min(more.count, 4_095))
    bytes += more.prefix(4_095)
  }
}
