internal import CWebSockets
internal import Linux

/// What a device without a clock of its own knows about the time: not before its software was made,
/// and not before the last time it was told. It only ever rises.
public struct ClockFloor: Equatable, Sendable {
  /// The day of this release, in seconds since 1970.
  public static let release = WallClock.release
  /// A saved clock this far beyond the release is damaged: nothing in the field gets that old.
  static let mostAfterRelease: Int64 = 20 * 366 * 86_400

  public private(set) var seconds: Int64

  /// - Parameter saved: the file's contents, if there is one; a damaged one counts for nothing.
  public init(release: Int64 = ClockFloor.release, saved: [UInt8]? = nil) {
    seconds = release
    guard let saved, let time = ClockFloor.parse(saved) else { return }
    if time <= release + ClockFloor.mostAfterRelease { seconds = max(release, time) }
  }

  /// A server with a certificate that was checked, or the system's clock while such a server is
  /// connected, says what time it is. Never taken beyond `end`, when that certificate runs out: so
  /// nobody's wrong clock can keep us from believing the very server we talk to.
  ///
  /// - Returns: whether the floor rose.
  @discardableResult
  public mutating func rise(to time: Int64, notBeyond end: Int64) -> Bool {
    let time = min(time, end)
    guard time > seconds else { return false }
    seconds = time
    return true
  }

  public func reading(system: Int64) -> ClockReading {
    ClockReading(system: system, floor: seconds)
  }

  /// What is written to the file: the seconds and a line end, so that a cut file is not a smaller
  /// number.
  public var contents: [UInt8] { Array("\(seconds)\n".utf8) }

  static func parse(_ contents: [UInt8]) -> Int64? {
    guard contents.last == 0x0A, contents.count <= 20 else { return nil }
    return Int64(String(decoding: contents.dropLast(), as: UTF8.self))
  }
}

/// What the system's clock says beside what is known about the time.
public struct ClockReading: Equatable, Sendable {
  public let system: Int64
  public let floor: Int64

  public init(system: Int64, floor: Int64) {
    self.system = system
    self.floor = floor
  }

  /// The system's clock, never before this release.
  public static var now: ClockReading { ClockFloor().reading(system: WallClock.seconds()) }

  /// The moment certificates are judged at.
  public var judgedAt: Int64 { max(system, floor) }
  public var isWrong: Bool { system < floor }

  /// The system clock's day: `1970-01-01`.
  public var day: String {
    var text = [CChar](repeating: 0, count: 24)
    cwebsockets_day(max(0, system), &text, Int32(text.count))
    return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }
}
