import Acoustics
import ControlProtocol
import Testing

@testable import Checkup

@Suite struct CheckupTests {
  private typealias Plant = @Sendable (inout CheckFacts) -> Void

  private static let now: Int64 = 1_800_000_000
  private static let day: Int64 = 86_400

  /// A device with nothing to complain of.
  private static var healthy: CheckFacts {
    var facts = CheckFacts()
    facts.version = "1.2.3"
    facts.board.now = now
    facts.board.release = now - 100 * day
    facts.board.temperature = 48.2
    facts.board.throttled = 0
    facts.board.memory = (300 << 10, 900 << 10)
    facts.daemon = block([
      ("version", "1.2.3"), ("uptime_ms", "7230000"), ("microphone", "hw:CARD=Mic (48 kHz)"),
      ("loudspeaker", "hw:CARD=Box (48 kHz)"), ("agent", "wss://agent.example/"),
      ("agent_name", "kiosk"), ("session", "s-1"), ("round_trip_ms", "31"), ("muted", "no"),
      ("realtime", "yes"), ("resident_kib", "9800"), ("token", "broker"),
      ("token_left_ms", "480000"), ("certificate_ends", "\(now + 60 * day)"),
      ("own_certificate_ends", "\(now + 400 * day)"), ("clock_floor", "\(now - day)"),
      ("clock_offset_ms", "-120"), ("state_folder", "/var/lib/auricle"),
      ("state_free_kib", "2000000"), ("installed_microphone", "hw:CARD=Mic (44.1 kHz)"),
      ("installed_loudspeaker", "hw:CARD=Box (48 kHz)"), ("installed_at", "1795132800"),
    ])
    facts.sound = .measured(measured())
    return facts
  }

  private static func measured(_ change: (inout Measurement) -> Void = { _ in }) -> Fields {
    var measured = Measurement()
    measured.noiseDecibels = -64
    measured.reductionDecibels = 31
    var echo = Measurement.Echo()
    echo.delay = 42
    echo.driftPPM = 11
    echo.gainDecibels = -18
    echo.aboveNoiseDecibels = 30
    echo.roomDecibels = -9
    echo.distortion = 0.01
    measured.echo = echo
    change(&measured)
    var fields = block([
      ("stumbles", "0"), ("volume", "60"), ("microphone", "a"), ("loudspeaker", "b (1)"),
      ("installed_at", "1795132800"), ("installed_microphone", "a"),
      ("installed_loudspeaker", "b (2)"), ("installed_echo_gain_db", "-18.4"),
    ])
    measured.write(to: &fields, withClick: false)
    return fields
  }

  private static func block(_ pairs: [(String, String)]) -> Fields {
    var fields = Fields()
    for (key, value) in pairs { fields.add(key, value) }
    return fields
  }

  /// The daemon's word with some of it changed; nil takes it out.
  private static func daemon(_ changes: [(String, String?)]) -> Plant {
    { facts in
      var fields = Fields()
      for field in facts.daemon!.all where !changes.contains(where: { $0.0 == field.key }) {
        fields.add(field.key, field.value)
      }
      for (key, value) in changes {
        if let value { fields.add(key, value) }
      }
      facts.daemon = fields
    }
  }

  private static func away(_ code: String) -> Plant {
    daemon([
      ("session", nil), ("link_code", code), ("link_reason", "because"), ("link_advice", "do it"),
    ])
  }

  private static func heard(_ change: @escaping @Sendable (inout Measurement) -> Void)
    -> Plant
  {
    { $0.sound = .measured(measured(change)) }
  }

  /// What was planted, how bad that is, and where it must be named.
  private static let faults: [(part: String, code: String, grade: Finding.Grade, plant: Plant)] = [
    ("daemon", "other-version", .remark, daemon([("version", "1.2.2")])),
    ("daemon", "warning", .remark, daemon([("warning", "a key that never runs out")])),
    ("settings", "bad-settings", .wrong, { $0.settingsProblems = ["a.conf:3: no", "b"] }),
    ("settings", "stale-settings", .remark, { $0.staleSettings = ["agent.url"] }),
    (
      "card", "no-card", .wrong,
      {
        daemon([("sound_reason", "no card"), ("sound_code", "no-card")])(&$0)
        $0.sound = .refused("not measured: no card")
      }
    ),
    (
      "card", "busy-card", .wrong,
      {
        daemon([("sound_reason", "busy: mpv (412) has it"), ("sound_code", "busy-card")])(&$0)
        $0.sound = .refused("not measured: busy")
      }
    ),
    ("card", "other-card", .remark, daemon([("loudspeaker", "hw:CARD=HDMI (48 kHz)")])),
    (
      "card", "other-card", .remark,
      daemon([
        ("microphone_id", "usb-id:0b0e:0420:B2,0"),
        ("installed_microphone_id", "usb-id:0b0e:0420:A1,0"),
      ])
    ),
    // What another fault explains is not named beside it.
    (
      "drift", "drift", .wrong,
      heard {
        $0.echo?.driftPPM = 1_100; $0.reductionDecibels = 3
      }
    ),
    (
      "loudspeaker", "swapped-channels", .wrong,
      heard {
        $0.echo?.roomDecibels = -60; $0.reductionDecibels = 1
      }
    ),
    (
      "delay", "long-delay", .wrong,
      heard {
        $0.echo?.delay = 380; $0.reductionDecibels = 2
      }
    ),
    (
      "microphone", "noisy-microphone", .remark,
      heard {
        $0.noiseDecibels = -40; $0.echo?.aboveNoiseDecibels = 8
      }
    ),
    (
      "clock", "wrong-clock", .wrong,
      {
        away("certificate-wrong-clock")(&$0)
        daemon([("clock_offset_ms", nil)])(&$0); $0.board.now = 86_400
      }
    ),
    (
      "card", "stumbling-card", .remark,
      {
        var fields = block([("stumbles", "3")])
        for field in measured().all where field.key != "stumbles" {
          fields.add(field.key, field.value)
        }
        $0.sound = .measured(fields)
      }
    ),
    (
      "sound", "muted", .remark,
      {
        daemon([("muted", "yes")])(&$0)
        $0.sound = .refused("not measured: it is muted")
      }
    ),
    (
      "sound", "not-measured", .remark,
      { $0.sound = .refused("not measured: a conversation is under way") }
    ),
    (
      "microphone", "silent-microphone", .wrong,
      {
        daemon([
          ("microphone_code", "silent-microphone"), ("microphone_reason", "zeros"),
          ("microphone_advice", "plug it in"),
        ])(&$0)
        $0.sound = .notAsked
      }
    ),
    ("loudspeaker", "no-echo-path", .wrong, heard { $0.echo = nil }),
    ("loudspeaker", "swapped-channels", .wrong, heard { $0.echo?.roomDecibels = -60 }),
    ("loudspeaker", "quieter-loudspeaker", .remark, heard { $0.echo?.gainDecibels = -24 }),
    ("microphone", "clipping-microphone", .wrong, heard { $0.clippedShare = 0.02 }),
    (
      "delay", "jumping-delay", .wrong,
      heard {
        $0.echo?.jump = 10; $0.echo?.driftPPM = nil
      }
    ),
    ("delay", "long-delay", .wrong, heard { $0.echo?.delay = 380 }),
    ("drift", "drift", .wrong, heard { $0.echo?.driftPPM = -1_001 }),
    ("drift", "drift", .remark, heard { $0.echo?.driftPPM = -999 }),
    ("delay", "long-delay", .wrong, heard { $0.echo?.delay = 311 }),
    // A card that cancels its own echo and gives zeros while nobody speaks.
    (
      "microphone", "silent-microphone", .remark,
      heard {
        $0.cancelsEcho = true; $0.echo = nil; $0.isConstant = true; $0.offset = 0
      }
    ),
    // The same, and the daemon has heard nothing else for long.
    (
      "microphone", "silent-microphone", .wrong,
      {
        heard {
          $0.cancelsEcho = true; $0.echo = nil; $0.isConstant = true; $0.offset = 0
        }(&$0)
        daemon([
          ("microphone_code", "silent-microphone"), ("microphone_reason", "zeros"),
          ("microphone_advice", "plug it in"),
        ])(&$0)
      }
    ),
    (
      "microphone", "stuck-microphone", .wrong,
      heard {
        $0.cancelsEcho = true; $0.echo = nil; $0.isConstant = true; $0.offset = 0.1
      }
    ),
    ("drift", "wrong-rate", .wrong, heard { $0.echo?.driftPPM = 11_000 }),
    ("echo", "weak-echo-reduction", .wrong, heard { $0.reductionDecibels = 4 }),
    ("agent", "no-agent", .wrong, away("no-agent")),
    ("agent", "unknown-agent-name", .wrong, away("unknown-agent-name")),
    ("agent", "connecting", .remark, daemon([("session", nil)])),
    ("token", "token", .wrong, away("token")),
    ("token", "expired-token", .wrong, daemon([("token_left_ms", "-1")])),
    ("certificate", "expired-certificate", .wrong, away("expired-certificate")),
    ("certificate", "wrong-name", .wrong, away("wrong-name")),
    ("certificate", "unknown-authority", .wrong, away("unknown-authority")),
    (
      "certificate", "certificate-ends-soon", .remark,
      daemon([("certificate_ends", "\(now + 12 * day)")])
    ),
    (
      "certificate", "certificate-ends-soon", .wrong,
      daemon([("certificate_ends", "\(now + day)")])
    ),
    ("own cert", "expired-own-certificate", .wrong, daemon([("own_certificate_ends", "1")])),
    (
      "own cert", "bad-own-certificate", .wrong,
      daemon([("own_certificate_problem", "cannot read")])
    ),
    (
      "clock", "wrong-clock", .wrong,
      {
        $0.board.now = 86_400;
        daemon([("certificate_ends", nil), ("own_certificate_ends", nil)])(&$0)
      }
    ),
    ("clock", "wrong-clock", .wrong, daemon([("clock_offset_ms", "7200000")])),
    ("clock", "wrong-clock", .wrong, daemon([("clock_floor", "\(now + 2 * day)")])),
    ("disk", "unwritable-state", .wrong, daemon([("state_problem", "read-only file system")])),
    ("disk", "full-disk", .wrong, daemon([("state_free_kib", "1000")])),
    ("disk", "full-disk", .remark, daemon([("state_free_kib", "40000")])),
    ("temperature", "hot", .wrong, { $0.board.temperature = 91 }),
    ("temperature", "hot", .remark, { $0.board.temperature = 78 }),
    ("temperature", "under-voltage", .wrong, { $0.board.throttled = 0x50005 }),
    ("temperature", "throttled", .wrong, { $0.board.throttled = 0x4 }),
    ("temperature", "throttled", .remark, { $0.board.throttled = 0x40000 }),
    ("memory", "little-memory", .wrong, { $0.board.memory = (5_000, 400_000) }),
    ("priority", "no-realtime", .remark, daemon([("realtime", "no")])),
  ]

  private func complaints(_ facts: CheckFacts) -> [Finding] {
    Checkup(facts).findings.filter { $0.grade >= .remark }
  }

  @Test func aHealthyDeviceIsAllGood() {
    let findings = Checkup(CheckupTests.healthy).findings
    #expect(findings.allSatisfy { $0.grade == .good }, "\(findings)")
    #expect(
      findings.map(\.part) == [
        "daemon", "settings", "card", "microphone", "loudspeaker", "delay", "drift", "echo",
        "agent", "token", "certificate", "own cert", "clock", "disk", "temperature", "memory",
        "priority",
      ])
  }

  @Test(arguments: faults.indices)
  func aPlantedFaultIsNamedAndNothingElse(index: Int) throws {
    let (part, code, grade, plant) = CheckupTests.faults[index]
    var facts = CheckupTests.healthy
    plant(&facts)
    let complaints = complaints(facts)
    #expect(complaints.map(\.part) == [part] && complaints.map(\.code) == [code])
    let finding = try #require(complaints.first)
    #expect(finding.grade == grade)
    #expect(!finding.says.isEmpty && !finding.advice.isEmpty)
    #expect(Checkup.worst(of: Checkup(facts).findings) == grade)
  }

  @Test func aCardThatCancelsItsOwnEchoIsGoodWithoutAny() throws {
    for echo in [nil, -70.0] {
      var facts = CheckupTests.healthy
      CheckupTests.heard {
        $0.cancelsEcho = true
        $0.reductionDecibels = echo.map { _ in 1 }
        if let echo {
          $0.echo?.gainDecibels = echo
          $0.echo?.aboveNoiseDecibels = 8
          $0.echo?.driftPPM = 900
          $0.echo?.distortion = 0.4
        } else {
          $0.echo = nil
        }
      }(&facts)
      #expect(complaints(facts).isEmpty)
      let loudspeaker = try #require(
        Checkup(facts).findings.first { $0.part == "loudspeaker" })
      #expect(loudspeaker.grade == .good && loudspeaker.says.contains("cancels its own echo"))
    }
  }

  @Test func aCardThatLeavesItsEchoIsJudgedAsAnyOther() {
    var facts = CheckupTests.healthy
    CheckupTests.heard {
      $0.cancelsEcho = true
      $0.echo?.delay = 380
      // Other than on the day of installation, as such cards are.
      $0.echo?.gainDecibels = -30
    }(&facts)
    #expect(complaints(facts).map(\.code) == ["long-delay"])
  }

  @Test func aCardIsTheSameWhateverItIsCalledToday() {
    var facts = CheckupTests.healthy
    CheckupTests.daemon([
      ("microphone", "hw:CARD=Device_1,DEV=0 (16 kHz)"), ("microphone_card", "Speak 510"),
      ("microphone_id", "usb-id:0b0e:0420:A1,0"),
      ("installed_microphone_id", "usb-id:0b0e:0420:A1,0"),
    ])(&facts)
    #expect(complaints(facts).isEmpty)
    #expect(
      Checkup(facts).findings[2].says
        == "hears with Speak 510 (16 kHz), speaks with hw:CARD=Box (48 kHz)")
  }

  @Test func aClockThatTheAgentCorrectsJudgesNoCertificate() {
    var facts = CheckupTests.healthy
    facts.board.now = 86_400
    CheckupTests.daemon([("clock_offset_ms", "\((CheckupTests.now - 86_400) * 1_000)")])(&facts)
    #expect(complaints(facts).map(\.code) == ["wrong-clock"])
    let certificate = Checkup(facts).findings.first { $0.part == "certificate" }
    #expect(certificate?.says.contains("60 days") == true)
  }

  @Test func withoutADaemonThatIsTheFirstAndWorstLine() {
    var facts = CheckupTests.healthy
    facts.daemon = nil
    facts.whyNoDaemon = ("no-daemon", "auricled is not running", "start it")
    facts.board.stateFolder = "/var/lib/auricle"
    facts.board.stateFreeKiB = 2 << 20
    let findings = Checkup(facts).findings
    #expect(findings[0].code == "no-daemon" && findings[0].grade == .wrong)
    #expect(findings.dropFirst().allSatisfy { $0.grade == .good })
    #expect(
      findings.map(\.part) == ["daemon", "settings", "clock", "disk", "temperature", "memory"])
  }

  @Test func whatNobodyKnowsIsNoFault() {
    var facts = CheckFacts()
    facts.version = "1"
    facts.board.now = CheckupTests.now
    facts.daemon = CheckupTests.block([("version", "1"), ("session", "a")])
    let findings = Checkup(facts).findings
    #expect(Checkup.worst(of: findings) == .good)
    #expect(findings.contains { $0.part == "temperature" && $0.grade == .unknown })
    #expect(findings.contains { $0.part == "sound" && $0.grade == .unknown })
  }

  @Test func everyAcousticFaultHasWordsAndSaysWhatToDo() {
    var rooms: [Measurement] = []
    for fault in CheckupTests.faults {
      var facts = CheckupTests.healthy
      fault.plant(&facts)
      if case .measured(let fields) = facts.sound, let room = Measurement(fields) {
        rooms.append(room)
      }
    }
    for room in rooms {
      for finding in AcousticWords(room, volume: 60, earlier: (-18, "2026-11-20")).findings {
        #expect(!finding.says.isEmpty)
        #expect(finding.grade < .remark || !finding.advice.isEmpty)
      }
    }
    var quieter = Measurement(CheckupTests.measured())!
    quieter.echo?.gainDecibels = -23
    #expect(
      AcousticWords(quieter, earlier: (-18, "2026-11-20")).findings[1].says
        == "5 dB quieter than on 2026-11-20")
  }
}
