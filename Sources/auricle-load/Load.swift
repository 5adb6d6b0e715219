import Linux
import VoiceCore
import WebSockets

/// All devices on one loop, and what became of their turns.
final class Load {
  /// Connections begun in a second: handshakes are not what is measured.
  private static let connectsPerSecond = 100
  private static let connectSeconds = 60

  private let options: LoadOptions
  private let loop: EventLoop
  private let address: ServerAddress
  private let speech: [[UInt8]]
  private var devices: [LoadDevice] = []
  private var delays: [Int64] = []
  private var isMeasuring = false
  private var opusUp = 0
  private var opusDown = 0
  private var before = Traffic()
  var mistakes = 0
  var unanswered = 0

  init(_ options: LoadOptions) throws {
    self.options = options
    address = try ServerAddress(url: options.url)
    speech = try options.speech.map { try Speech.packets(in: $0) } ?? Speech.noise
    loop = try EventLoop(mostDescriptors: options.connections * 2 + 64)
  }

  func answered(after microseconds: Int64) {
    if isMeasuring { delays.append(microseconds) }
  }
  func heard(_ bytes: Int) { if isMeasuring { opusDown += bytes } }
  func spoke(_ bytes: Int) { if isMeasuring { opusUp += bytes } }

  func run() {
    var trust = TLSTrust()
    trust.caFile = options.authority
    let start = MonotonicClock.microseconds()
    for index in 0..<options.connections {
      let device = LoadDevice(index, saying: speech, in: self, isEager: options.isEager)
      devices.append(device)
      device.connect(on: loop, to: address, trust: trust)
      pace(until: start + Int64(index + 1) * 1_000_000 / Int64(Load.connectsPerSecond))
    }
    let limit = MonotonicClock.microseconds() + Int64(Load.connectSeconds) * 1_000_000
    while devices.contains(where: { !$0.isReady && !$0.isLost }),
      MonotonicClock.microseconds() < limit
    {
      _ = loop.run(atMostMilliseconds: 10)
    }
    // Everybody has begun by then.
    live(seconds: 5)
    before = traffic
    isMeasuring = true
    live(seconds: options.seconds)
    isMeasuring = false
  }

  private var traffic: Traffic {
    var sum = Traffic()
    for device in devices {
      sum.sent += device.traffic.sent
      sum.received += device.traffic.received
    }
    return sum
  }

  private func pace(until moment: Int64) {
    while true {
      let rest = (moment - MonotonicClock.microseconds() + 999) / 1_000
      if rest <= 0 { return }
      _ = loop.run(atMostMilliseconds: rest)
    }
  }

  /// Each device has its millisecond of every 60.
  private func live(seconds: Int) {
    let slots = Int(LoadDevice.packet.milliseconds)
    let start = MonotonicClock.microseconds()
    for tick in 0..<seconds * 1_000 {
      for index in stride(from: tick % slots, to: devices.count, by: slots) {
        devices[index].live()
      }
      pace(until: start + Int64(tick + 1) * 1_000)
    }
  }

  /// False when something went wrong.
  func print() -> Bool {
    delays.sort()
    func at(_ share: Double) -> String {
      guard !delays.isEmpty else { return "-" }
      let place = min(delays.count - 1, Int(Double(delays.count) * share))
      return Load.decimal(delays[place])
    }
    let after = traffic
    let lost = devices.filter { !$0.isReady }.count
    func ratio(_ bytes: Int64, _ opus: Int) -> String {
      opus == 0 ? "-" : Load.decimal(bytes * 1_000 / Int64(opus))
    }
    Output.print(
      "load connections=\(devices.count) turns=\(delays.count) unanswered=\(unanswered) "
        + "lost=\(lost) p50_ms=\(at(0.5)) p95_ms=\(at(0.95)) p99_ms=\(at(0.99)) max_ms=\(at(1)) "
        + "up_wire_over_opus=\(ratio(after.sent - before.sent, opusUp)) "
        + "down_wire_over_opus=\(ratio(after.received - before.received, opusDown))")
    return lost == 0 && mistakes == 0 && unanswered == 0 && !delays.isEmpty
  }

  /// Thousandths with a point before them.
  private static func decimal(_ thousandths: Int64) -> String {
    let rest = String(thousandths % 1_000 + 1_000).dropFirst()
    return "\(thousandths / 1_000).\(rest)"
  }
}
