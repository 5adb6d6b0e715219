/// What a device may be called: in the file of devices, in its certificate, in its requests.
package enum DeviceName {
  static let longest = 64

  package static func isValid(_ name: String) -> Bool {
    guard (1...longest).contains(name.utf8.count), name.utf8.first != UInt8(ascii: "-") else {
      return false
    }
    return name.utf8.allSatisfy {
      switch $0 {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: ":"):
        true
      default: false
      }
    }
  }

  static let wanted =
    "1 to \(longest) letters, digits, or . _ : and -, which may not come first"
}

/// What one device may cost.
package struct DeviceLimits: Equatable, Sendable {
  static let sessionRange = 1...100
  static let tokenRange = 1...600
  static let turnRange = 1_000...600_000

  /// One more takes the place of the oldest.
  var sessions: Int
  var tokensPerMinute: Int
  /// Milliseconds; nil leaves it to the agent.
  var longestTurn: Int?

  package init(sessions: Int = 2, tokensPerMinute: Int = 6, longestTurn: Int? = nil) {
    self.sessions = sessions
    self.tokensPerMinute = tokensPerMinute
    self.longestTurn = longestTurn
  }
}

/// The file of devices: who may come, by the hash of the secret, and with which limits. A line is
/// `NAME SHA256 [sessions=N] [tokens_per_minute=N] [max_turn_ms=N]`; instead of the hash, `-` is for
/// a device that shows a certificate and `refused` for one that is locked out.
package struct DeviceList: Equatable, Sendable {
  struct Device: Equatable, Sendable {
    enum Proof: Equatable, Sendable { case secret(hash: [UInt8]), certificate, none }
    var proof: Proof
    var limits: DeviceLimits
  }

  package static let mostDevices = 10_000
  private(set) var devices: [String: Device] = [:]
  let usual: DeviceLimits
  package var count: Int { devices.count }
  package var names: [String] { devices.keys.sorted() }

  init(usual: DeviceLimits) { self.usual = usual }

  /// - Parameter file: its name, for what is wrong with it.
  package init(_ bytes: [UInt8], file: String, usual: DeviceLimits) throws(AgentError) {
    self.usual = usual
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      func wrong(_ what: String) -> AgentError { AgentError("\(file) line \(index + 1): \(what)") }
      let words = line.split { $0 == UInt8(ascii: " ") || $0 == 0x09 || $0 == 0x0D }.map {
        String(decoding: $0, as: UTF8.self)
      }
      guard let name = words.first, !name.hasPrefix("#") else { continue }
      guard DeviceName.isValid(name) else {
        throw wrong("a device's name is \(DeviceName.wanted)")
      }
      let shown = DeviceList.shown(name)
      guard devices[name] == nil else { throw wrong("\(shown) is there a second time") }
      guard words.count > 1, let proof = DeviceList.proof(words[1]) else {
        throw wrong(
          "after \(shown) comes the SHA-256 of its secret in 64 hexadecimal digits, or - for a device "
            + "with a certificate, or refused: auricle-agent --new-secret \(shown) writes such a line"
        )
      }
      var limits = usual
      for word in words.dropFirst(2) {
        guard DeviceList.set(word, in: &limits) else {
          throw wrong(
            "\(DeviceList.shown(word)) is none of sessions=1..100, tokens_per_minute=1..600 and "
              + "max_turn_ms=1000..600000")
        }
      }
      guard devices.count < DeviceList.mostDevices else {
        throw wrong("there are more than \(DeviceList.mostDevices) devices")
      }
      devices[name] = Device(proof: proof, limits: limits)
    }
  }

  /// A word for an error. A long one may be a secret: somebody gave the wrong file.
  private static func shown(_ word: String) -> String {
    word.utf8.count > longestShown ? "NAME" : word
  }
  private static let longestShown = 24

  func limits(of device: String) -> DeviceLimits { devices[device]?.limits ?? usual }

  private static func proof(_ word: String) -> Device.Proof? {
    if word == "-" { return .certificate }
    if word == "refused" { return Device.Proof.none }
    return Hexadecimal.decode(word, count: 32).map { .secret(hash: $0) }
  }

  private static func set(_ word: String, in limits: inout DeviceLimits) -> Bool {
    let parts = word.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let number = Int(parts[1]) else { return false }
    switch parts[0] {
    case "sessions" where DeviceLimits.sessionRange.contains(number): limits.sessions = number
    case "tokens_per_minute" where DeviceLimits.tokenRange.contains(number):
      limits.tokensPerMinute = number
    case "max_turn_ms" where DeviceLimits.turnRange.contains(number): limits.longestTurn = number
    default: return false
    }
    return true
  }
}

enum Hexadecimal {
  /// Nil when it is not exactly `count` bytes.
  static func decode(_ text: String, count: Int) -> [UInt8]? {
    let digits = text.utf8.compactMap { digit -> UInt8? in
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
      default: nil
      }
    }
    guard digits.count == text.utf8.count, digits.count == count * 2 else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  static func encode(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
