/// So many in a while, and some at once after a quiet while. Empty, it says how long to wait.
struct Pace: Sendable {
  private let microsecondsEach: Int64
  private let burst: Int64
  /// When all that was taken will have been given back.
  private var settledAt = Int64.min

  /// As many at once.
  init(perMinute: Int) {
    precondition(perMinute > 0)
    self.init(microsecondsEach: 60_000_000 / Int64(perMinute), atOnce: perMinute)
  }

  init(perSecond: Int, atOnce: Int) {
    precondition(perSecond > 0 && atOnce > 0)
    self.init(microsecondsEach: 1_000_000 / Int64(perSecond), atOnce: atOnce)
  }

  private init(microsecondsEach: Int64, atOnce: Int) {
    self.microsecondsEach = microsecondsEach
    burst = microsecondsEach * Int64(atOnce - 1)
  }

  /// Takes one; if there is none, the milliseconds until there will be.
  mutating func take(atMicroseconds now: Int64) -> Int64? {
    let settled = max(settledAt, now)
    let wait = settled - burst - now
    guard wait <= 0 else { return (wait + 999) / 1_000 }
    settledAt = settled + microsecondsEach
    return nil
  }
}

/// What is known about the last so many; beyond that, who was not seen for longest is forgotten.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Entry {
    var key: Key
    var value: Value
    var newer: Int?
    var older: Int?
  }

  let limit: Int
  private var places: [Key: Int] = [:]
  private var entries: [Entry] = []
  private var newest: Int?
  private var oldest: Int?

  init(limit: Int) {
    precondition(limit > 0)
    self.limit = limit
  }

  var count: Int { entries.count }

  /// Changes what is known about `key`, or `fresh` for one that is not known.
  mutating func update<Result>(
    _ key: Key, or fresh: @autoclosure () -> Value, _ change: (inout Value) -> Result
  ) -> Result {
    let place = place(of: key, fresh)
    return change(&entries[place].value)
  }

  private mutating func place(of key: Key, _ fresh: () -> Value) -> Int {
    if let place = places[key] {
      guard place != newest else { return place }
      unlink(place)
      makeNewest(place)
      return place
    }
    let entry = Entry(key: key, value: fresh())
    let place: Int
    if entries.count < limit {
      place = entries.count
      entries.append(entry)
    } else {
      place = oldest!
      places[entries[place].key] = nil
      unlink(place)
      entries[place] = entry
    }
    places[key] = place
    makeNewest(place)
    return place
  }

  private mutating func unlink(_ place: Int) {
    let (newer, older) = (entries[place].newer, entries[place].older)
    if let newer { entries[newer].older = older } else { newest = older }
    if let older { entries[older].newer = newer } else { oldest = newer }
  }

  private mutating func makeNewest(_ place: Int) {
    entries[place].newer = nil
    entries[place].older = newest
    if let newest { entries[newest].newer = place } else { oldest = place }
    newest = place
  }
}
