import Linux
import Testing
import VoiceCore
import WebSockets

@testable import CloudAgent

/// How long the answer takes, with devices that speak in real time and all at once. Printed for
/// docs/AGENT.md: LATENCY_TABLE=1 swift test --filter LatencyTests
@Suite(.serialized, .enabled(if: Process.environment("LATENCY_TABLE") != nil))
struct LatencyTests {
  @Test(arguments: [1, 3, 6, 12])
  func fromCommitToFirstSound(devices count: Int) throws {
    let agent = try TestAgent()
    let loop = try EventLoop()
    let words = [
      "What are your opening hours?", "Where are the toilets?", "Tell me about the exhibition.",
      "How much is a ticket?", "Set the volume to fifty.",
    ]
    let sentences = try words.map { try Visitor().packets($0) }
    var devices: [TestDevice] = []
    for _ in 0..<count { devices.append(try TestDevice(on: loop, port: agent.port)) }
    #expect(devices[0].wait { devices.allSatisfy { $0.isWelcome } })
    var took: [Int64] = []
    for round in 0..<10 {
      for device in devices { device.begin() }
      // As a device sends it: packet by packet, then the silence that ends the turn.
      var committed = [Int64](repeating: 0, count: count)
      let start = MonotonicClock.microseconds()
      var step = 0
      while committed.contains(0) {
        for (index, device) in devices.enumerated() {
          let packets = sentences[(index + round) % sentences.count]
          if step < packets.count { device.hear(packets[step], at: step) }
          if step == packets.count + 11 {
            device.commit(packets.count)
            committed[index] = MonotonicClock.microseconds()
          }
        }
        step += 1
        let next = start + Int64(step) * 60_000
        while MonotonicClock.microseconds() < next { _ = loop.run(atMostMilliseconds: 1) }
      }
      for (index, device) in devices.enumerated() {
        #expect(device.wait { device.firstSoundAt != nil })
        took.append(((device.firstSoundAt ?? 0) - committed[index]) / 1_000)
      }
    }
    took.sort()
    Output.print(
      "latency devices=\(count) turns=\(took.count) median_ms=\(took[took.count / 2]) "
        + "p95_ms=\(took[took.count * 95 / 100]) worst_ms=\(took[took.count - 1]) "
        + "resident_kib=\(Process.residentKiB)")
  }
}
