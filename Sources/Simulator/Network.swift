internal import WireProtocols

/// What one direction of a connection carries: bytes arrive in order, or the connection is dead.
enum Parcel {
  case message(WireMessage)
  case ping
  case pong
  case close(UInt16)

  var bytes: Int {
    switch self {
    case .message(.text(let bytes)), .message(.binary(let bytes)): bytes.count + 8
    case .ping, .pong, .close: 8
    }
  }
}

struct Pipe {
  private var items: [(at: Int, parcel: Parcel)] = []
  private var first = 0
  private var lastAt = 0
  private(set) var bytes = 0
  /// Nothing comes out before this moment.
  var stalledUntil = 0
  /// Bytes that the line still owes its speed.
  private var debt = 0
  private(set) var deliveredBytes = 0
  /// What becomes of the next message.
  var tampering: Tampering?
  private var delayed: Parcel?

  /// True when something was done to it.
  mutating func put(_ parcel: Parcel, at time: Int, _ dice: inout Dice) -> Bool {
    guard case .message(let message) = parcel else {
      send(parcel, at: time)
      return false
    }
    guard let tampering else {
      send(parcel, at: time)
      if let delayed { send(delayed, at: time) }
      delayed = nil
      return false
    }
    self.tampering = nil
    switch tampering {
    case .lose: break
    case .double: for _ in 0..<2 { send(parcel, at: time) }
    case .delay: delayed = parcel
    case .damage: send(.message(Damage.done(to: message, &dice)), at: time)
    }
    return true
  }

  mutating func send(_ parcel: Parcel, at time: Int) {
    lastAt = max(lastAt, time)
    items.append((lastAt, parcel))
    bytes += parcel.bytes
  }

  mutating func next(at now: Int) -> Parcel? {
    guard first < items.count, items[first].at <= now, now >= stalledUntil, debt <= 0 else {
      return nil
    }
    let parcel = items[first].parcel
    first += 1
    if first == items.count {
      items.removeAll(keepingCapacity: true)
      first = 0
    }
    bytes -= parcel.bytes
    deliveredBytes += parcel.bytes
    debt += parcel.bytes
    return parcel
  }

  /// - Parameter speed: bytes in a frame; nil: any.
  mutating func pass(speed: Int?) { debt = speed.map { max(0, debt - $0) } ?? 0 }

  mutating func clear() {
    items.removeAll(keepingCapacity: true)
    first = 0
    bytes = 0
  }
}

/// One WebSocket connection, from the call to its end on both sides.
final class Connection {
  enum Fate { case opens, refused, silence, status(Int) }

  let number: Int
  var fate: Fate
  /// When the call is over, one way or the other.
  let answerAt: Int
  var isOpen = false
  /// Each side has its own idea of whether it is there.
  var isOpenAtDevice = false
  var isOpenAtAgent = false
  /// Nothing passes any more, and nobody says so.
  var isDead = false
  var up = Pipe()
  var down = Pipe()
  /// For each side's library, which asks after ten seconds of silence and hangs up after fifteen.
  var deviceHeardAt = 0
  var agentHeardAt = 0
  var deviceAsked = false
  var agentAsked = false

  init(number: Int, fate: Fate, answerAt: Int) {
    self.number = number
    self.fate = fate
    self.answerAt = answerAt
  }
}

/// The line between the two, and what is wrong with it just now.
final class Network {
  static let askAfter = Int.seconds(10)
  static let deadAfter = Int.seconds(15)
  /// What a device queues for a line that takes nothing.
  static let largestQueue = 256 << 10

  private(set) var connections: [Connection] = []
  var latency: ClosedRange<Int>
  private let usualLatency: ClosedRange<Int>
  private var dice: Dice
  private var count = 0
  // Until when what is wrong.
  var downUntil = 0
  var refusedUntil = 0
  var slowUntil = 0
  var lagUntil = 0
  var slowConnectUntil = 0
  /// Bytes in a frame while it is slow.
  var speed = 20
  private var lag = 0
  /// A message was tampered with, on its way up or down.
  var onTampering: (Connection, Tampering, Bool) -> Void = { _, _, _ in }

  init(latency: ClosedRange<Int>, dice: Dice) {
    self.latency = latency
    usualLatency = latency
    self.dice = dice
  }

  func calm(at now: Int) {
    downUntil = min(downUntil, now)
    refusedUntil = min(refusedUntil, now)
    slowUntil = min(slowUntil, now)
    lagUntil = min(lagUntil, now)
    slowConnectUntil = min(slowConnectUntil, now)
    for connection in connections {
      (connection.up.tampering, connection.down.tampering) = (nil, nil)
      connection.up.stalledUntil = min(connection.up.stalledUntil, now)
      connection.down.stalledUntil = min(connection.down.stalledUntil, now)
    }
  }

  func startLag(_ frames: Int, until end: Int) {
    lag = frames
    lagUntil = end
  }

  private func trip(at now: Int) -> Int {
    dice.within(latency) + (now < lagUntil ? lag : 0)
  }

  /// - Parameter isServing: somebody listens there.
  func call(at now: Int, isServing: Bool) -> Connection {
    count += 1
    let fate: Connection.Fate
    var wait = 1 + 4 * trip(at: now)
    if now < slowConnectUntil { wait += dice.within(100...900) }
    if now < downUntil {
      fate = .silence
      // The library's own deadlines.
      wait = dice.within(300...800)
    } else if now < refusedUntil || !isServing {
      fate = .refused
    } else {
      fate = .opens
    }
    let connection = Connection(number: count, fate: fate, answerAt: now + wait)
    connections.append(connection)
    return connection
  }

  func send(_ parcel: Parcel, up isUp: Bool, on connection: Connection, at now: Int) {
    let at = now + trip(at: now)
    guard !connection.isDead else { return }
    let tampering = isUp ? connection.up.tampering : connection.down.tampering
    let isChanged =
      isUp
      ? connection.up.put(parcel, at: at, &dice) : connection.down.put(parcel, at: at, &dice)
    if isChanged, let tampering { onTampering(connection, tampering, isUp) }
  }

  /// The next message of one side is not what it was.
  func tamper(_ tampering: Tampering) {
    let isUp = dice.percent(50)
    for connection in connections {
      if isUp { connection.up.tampering = tampering } else { connection.down.tampering = tampering }
    }
  }

  /// The line is down: what is on its way is lost for good.
  func killAll() {
    for connection in connections where connection.isOpen { connection.isDead = true }
  }

  func pass(at now: Int) {
    let speed = now < slowUntil ? self.speed : nil
    var isOver = false
    for connection in connections {
      if connection.isDead {
        connection.up.clear()
        connection.down.clear()
      }
      connection.up.pass(speed: speed)
      connection.down.pass(speed: speed)
      if connection.isOpen, !connection.isOpenAtDevice, !connection.isOpenAtAgent { isOver = true }
    }
    if isOver {
      connections.removeAll { $0.isOpen && !$0.isOpenAtDevice && !$0.isOpenAtAgent }
    }
  }

  func forget(_ connection: Connection) { connections.removeAll { $0 === connection } }
}
