import Crypto
import Glibc
import Linux
import Testing

@testable import CloudAgent

/// Files and words of the broker: devices, secrets, keys.
struct DeviceListTests {
  private let hash = String(repeating: "0a", count: 32)

  private func complaint(_ text: String) -> String {
    do throws(AgentError) {
      _ = try DeviceList(Array(text.utf8), file: "devices", usual: DeviceLimits())
      return ""
    } catch { return error.description }
  }

  @Test func linesAreDevices() throws {
    let text = """
      # the entrance
      kiosk-7 \(hash) sessions=1 tokens_per_minute=12 max_turn_ms=20000

      \tkiosk-8\t-  \r
      kiosk-9 refused
      """
    let list = try DeviceList(Array(text.utf8), file: "devices", usual: DeviceLimits())
    #expect(list.devices.count == 3)
    #expect(list.devices["kiosk-7"]?.proof == .secret(hash: [UInt8](repeating: 10, count: 32)))
    #expect(
      list.limits(of: "kiosk-7")
        == DeviceLimits(sessions: 1, tokensPerMinute: 12, longestTurn: 20_000))
    #expect(list.devices["kiosk-8"]?.proof == .certificate)
    #expect(list.devices["kiosk-9"]?.proof == DeviceList.Device.Proof.none)
    #expect(list.limits(of: "stranger") == DeviceLimits())
  }

  @Test func mistakesAreNamedWithTheirLine() {
    #expect(complaint("a b \(hash)").hasPrefix("devices line 1: after a comes"))
    #expect(complaint("\n\na").hasPrefix("devices line 3: after a comes"))
    #expect(complaint("a -\na -").contains("line 2: a is there a second time"))
    #expect(complaint("ä -").contains("line 1: a device's name is"))
    #expect(complaint("a \(hash.dropLast())").contains("64 hexadecimal digits"))
    for word in ["sessions=0", "sessions=101", "sessions=", "turns=3", "max_turn_ms=999", "x"] {
      #expect(complaint("a - \(word)").contains("\(word) is none of"))
    }
  }

  @Test func aFileOfSecretsIsNotPrinted() throws {
    let secret = try DeviceSecret.make(for: "kiosk-7").secret
    for text in [
      secret, "\(secret) -\n\(secret) -", "\(secret) kiosk-7", "kiosk-7 \(secret)",
      "kiosk-7 - \(secret)",
    ] {
      let complaint = complaint(text)
      #expect(complaint.contains(" line "), "\(text)")
      #expect(!complaint.contains(secret.prefix(8)), "\(complaint)")
    }
  }

  @Test func everyShorterFileIsReadOrRefused() {
    let whole = Array("kiosk-7 \(hash) sessions=1 tokens_per_minute=12\nkiosk-8 -\n".utf8)
    for length in 0...whole.count {
      _ = try? DeviceList(Array(whole[..<length]), file: "devices", usual: DeviceLimits())
    }
  }

  @Test func aNewSecretFitsItsLine() throws {
    let made = try DeviceSecret.make(for: "kiosk-7")
    let list = try DeviceList(Array(made.line.utf8), file: "devices", usual: DeviceLimits())
    #expect(
      list.devices["kiosk-7"]?.proof == .secret(hash: SHA256.digest(Array(made.secret.utf8))))
    #expect(made.secret.utf8.count == 43)
    #expect(try DeviceSecret.make(for: "kiosk-7").secret != made.secret)
    #expect(throws: AgentError.self) { try DeviceSecret.make(for: "no name") }
  }

  @Test func aKeyThatOthersMayReadIsRefused() throws {
    let path = P_tmpdir + "/auricle-token-key-\(getpid())"
    defer { unlink(path) }
    let digits = Array(String(repeating: "ab", count: 32).utf8)
    for (mode, isTaken) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
      unlink(path)
      try Files.replace(path, with: digits + [0x0A])
      #expect(chmod(path, mode_t(mode)) == 0)
      if isTaken {
        #expect(
          try Reception.key(path).sign([1])
            == TokenKey([UInt8](repeating: 0xAB, count: 32)).sign([1]))
      } else {
        let error = #expect(throws: AgentError.self) { try Reception.key(path) }
        #expect(error?.description.contains("chmod 600") == true)
      }
    }
    try Files.replace(path, with: Array("abc".utf8), mode: 0o600)
    let error = #expect(throws: AgentError.self) { try Reception.key(path) }
    #expect(error?.description.contains("openssl rand -hex 32") == true)
    unlink(path)
    #expect(throws: AgentError.self) { try Reception.key(path) }
  }

  @Test func keysOfTheProcessAreEachTheirOwn() throws {
    #expect(try Reception.key(nil).sign([1]) != Reception.key(nil).sign([1]))
  }

  /// From RFC 4231, test case 2, and FIPS 180-2.
  @Test func theCodeIsTheOneOthersMake() {
    let code = SHA256.authentication(
      Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
    #expect(
      Hexadecimal.encode(code)
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      Hexadecimal.encode(SHA256.digest(Array("abc".utf8)))
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test func bytesGoThroughLettersAndBack() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
      #expect(Base64URL.decode(Base64URL.encode(bytes).utf8) == bytes)
    }
    #expect(Base64URL.encode([0xFB, 0xFF]) == "-_8")
    for text in ["A", "-_9", "A=", "AA==", "A+", "A/", "AAA\n", "ä"] {
      #expect(Base64URL.decode(text.utf8) == nil, "\(text)")
    }
  }
}
