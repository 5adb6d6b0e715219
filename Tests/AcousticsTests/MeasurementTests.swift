import ControlProtocol
import Glibc
import TestSupport
import Testing
import VoiceCore

@testable import Acoustics

@Suite struct MeasurementTests {
  @Test func logarithmsAreExact() {
    for value in [1e-20, 0.1, 0.5, 2.0 / 3, 1, 1.2, 4.0 / 3, 2, 10, 60.8, 1e12] {
      #expect(abs(Logarithm.of(value) - log(value)) < 1e-13 * max(1, abs(log(value))))
    }
    for value in [-30.0, -1, -1e-6, 0, 0.3, 0.7, 1, 12.5, 40] {
      #expect(abs(Logarithm.inverse(value) / exp(value) - 1) < 1e-14)
    }
  }

  @Test func figuresComeBackAsTheyWere() {
    for value in [0, 1, -1, 0.5, -0.25, 12.34, -60.1, 1e6] {
      #expect(Figure.number(Figure.text(value, places: 2).utf8) == value)
    }
    for text in ["", "-", ".", "1e3", "1.2.3", "--1", "12a", "1234567890123456"] {
      #expect(Figure.number(text.utf8) == nil, "\(text)")
    }
  }

  /// AURICLE_SEEDS=1000 looks at more rooms than a test run has time for.
  @Test func theWayThroughARoomIsFoundWhateverItIsLike() throws {
    let count = getenv("AURICLE_SEEDS").flatMap { Int(String(cString: $0)) } ?? 24
    var delays: [Double] = []
    var drifts: [Double] = []
    var gains: [Double] = []
    for seed in 1...count {
      var dice = SeededRandom(seed: UInt64(seed))
      var room = ProbedRoom()
      room.seed = UInt64(seed)
      room.delay = Double.random(in: 5...300, using: &dice)
      room.gainDecibels = Double.random(in: -50...0, using: &dice)
      room.driftPPM = Double.random(in: -200...200, using: &dice)
      room.noiseDecibels = Double.random(in: -80 ... -60, using: &dice)
      let measured = Measurement(of: room.record())
      let echo = try #require(measured.echo, "seed \(seed): nothing heard")
      let drift = try #require(echo.driftPPM, "seed \(seed): it jumped")
      delays.append(abs(echo.delay - room.delay))
      drifts.append(abs(drift - room.driftPPM))
      gains.append(echo.gainDecibels - room.gainDecibels)
      #expect(delays[seed - 1] < 0.2 && drifts[seed - 1] < 3, "seed \(seed)")
      // Reflections add to it.
      #expect(-0.5...4 ~= gains[seed - 1], "seed \(seed)")
    }
    delays.sort()
    drifts.sort()
    func line(_ name: String, _ errors: [Double], _ places: Int) {
      let shown = [count / 2, count * 9 / 10, count - 1].map {
        Figure.text(errors[$0], places: places)
      }
      print(
        "acoustics: \(name) error in \(count) rooms: median \(shown[0]), 9 of 10 \(shown[1]), worst \(shown[2])"
      )
    }
    line("delay (ms)", delays, 4)
    line("drift (ppm)", drifts, 3)
  }

  /// A loudspeaker that follows the microphone's clock hides how they differ, unless it says so.
  @Test func whatWasDoneAboutTheClocksIsTakenOut() throws {
    var room = ProbedRoom()
    room.driftPPM = 2
    room.jumpAt = 300 * Frame.sampleCount
    room.jump = 160
    var recording = room.record()
    #expect(Measurement(of: recording).echo?.jump != nil)
    recording.moved = (0..<Probe.frameCount).map { frame in
      Double(frame * Frame.sampleCount) * 90e-6 + (frame >= 300 ? 160 : 0)
    }
    let echo = try #require(Measurement(of: recording).echo)
    #expect(echo.jump == nil)
    #expect(abs(try #require(echo.driftPPM) - 92) < 0.5)
  }

  @Test func whatIsMeasuredSurvivesTheWire() throws {
    var room = ProbedRoom()
    room.driftPPM = 31
    let measured = Measurement(of: room.record())
    var fields = Fields()
    measured.write(to: &fields, withClick: true)
    let bytes = fields.encode()
    #expect(bytes.count < 20_000)
    let back = try #require(Measurement(try Fields.parse(bytes.dropLast())))
    let echo = try #require(measured.echo)
    let backEcho = try #require(back.echo)
    #expect(abs(backEcho.delay - echo.delay) < 0.001)
    #expect(abs(backEcho.driftPPM! - 31) < 0.1)
    #expect(backEcho.bands.count == Measurement.Echo.bandCount)
    #expect(backEcho.click.count == Measurement.Echo.clickCount)
    for index in 0..<Measurement.Echo.clickCount {
      #expect(abs(backEcho.click[index] - echo.click[index]) < 1e-4)
    }
    #expect(Measurement(Fields()) == nil)
  }
}
