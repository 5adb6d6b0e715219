/// Which sessions are open, whose they are and how long they may last.
struct Attendance {
  private struct Session {
    var device: String?
    /// On the monotonic clock; nil without limit.
    var endsAt: Int64?
  }

  private var sessions: [Int: Session] = [:]
  /// Oldest first.
  private var byDevice: [String: [Int]] = [:]

  /// - Returns: those that must end so that this one may begin: the device's oldest. A device that
  ///   lost its connection comes back before we know that it is gone, so the new one wins.
  mutating func began(_ id: Int, device: String?, mostOfDevice: Int, endsAt: Int64?) -> [Int] {
    sessions[id] = Session(device: device, endsAt: endsAt)
    guard let device else { return [] }
    var own = byDevice[device] ?? []
    own.append(id)
    let surplus = own.prefix(max(0, own.count - max(1, mostOfDevice)))
    byDevice[device] = Array(own.dropFirst(surplus.count))
    return Array(surplus)
  }

  mutating func ended(_ id: Int) {
    guard let session = sessions.removeValue(forKey: id), let device = session.device else {
      return
    }
    byDevice[device]?.removeAll { $0 == id }
    if byDevice[device]?.isEmpty == true { byDevice[device] = nil }
  }

  /// Those whose time is over; each is named once.
  mutating func takeOverdue(at now: Int64) -> [Int] {
    let overdue = sessions.filter { $0.value.endsAt.map { $0 <= now } ?? false }.map(\.key)
    for id in overdue { sessions[id]?.endsAt = nil }
    return overdue.sorted()
  }

  var deviceCount: Int { byDevice.count }
}
