internal import Linux

/// Keeps the clock's floor in a file from one start to the next. Nothing depends on the file: without
/// it the release's day is the floor.
public final class ClockKeeper {
  /// Flash wears out, and hours are near enough for dates of certificates.
  static let every: Int64 = 6 * 3_600

  private var floor: ClockFloor
  /// Nil when nothing is to be kept.
  private let path: String?
  private var kept: Int64
  /// Why the file could not be read or written, once: worth a line in the log.
  public private(set) var complaint: String?

  /// - Parameter folder: where the file `clock` is; empty when nothing is to be kept.
  public init(folder: String) {
    path = folder.isEmpty ? nil : folder + "/clock"
    var saved: [UInt8]?
    if let path {
      do throws(LinuxError) { saved = try Files.read(path, limit: 64) } catch {
        if !error.isNotFound { complaint = error.description }
      }
    }
    floor = ClockFloor(saved: saved)
    if let saved, ClockFloor.parse(saved) == nil { complaint = "\(path ?? "") is damaged" }
    kept = floor.seconds
  }

  public var reading: ClockReading { floor.reading(system: WallClock.seconds()) }

  /// Call it while the link is open: when the agent said what time it is, and now and then (each
  /// minute, say), without one, for the system's clock. Writes the file when the floor rose by
  /// hours, and at the first time it is told.
  ///
  /// - Parameters:
  ///   - agentSeconds: the agent's clock, in seconds since 1970; nil: it said nothing.
  ///   - end: when the agent's certificate runs out; nil for a connection without TLS, whose word
  ///     counts for nothing.
  public func linkIsOpen(agentSeconds: Int64?, certificateEnd end: Int64?) {
    guard let end, floor.rise(to: agentSeconds ?? WallClock.seconds(), notBeyond: end) else {
      return
    }
    guard let path, floor.seconds - kept >= ClockKeeper.every else { return }
    kept = floor.seconds
    do throws(LinuxError) { try Files.replace(path, with: floor.contents, mode: 0o600) } catch {
      complaint = error.description
    }
  }

  /// The complaint, once.
  public func takeComplaint() -> String? {
    defer { complaint = nil }
    return complaint
  }
}
