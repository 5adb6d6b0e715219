internal import Crypto

/// A new device's secret. The agent's side keeps only its hash; a secret is random enough for a plain
/// one.
struct DeviceSecret {
  /// For the device's credential file.
  let secret: String
  /// For the agent's file of devices.
  let line: String

  static func make(for name: String) throws(AgentError) -> DeviceSecret {
    guard DeviceName.isValid(name) else {
      throw AgentError("--new-secret is \"\(name)\", but a device's name is \(DeviceName.wanted)")
    }
    guard let random = Secrecy.randomBytes(32) else {
      throw AgentError("cannot make a secret: the system has no random bytes")
    }
    let secret = Base64URL.encode(random)
    return DeviceSecret(
      secret: secret, line: "\(name) \(Hexadecimal.encode(hash(of: secret.utf8)))")
  }

  static func hash(of secret: some Sequence<UInt8>) -> [UInt8] { SHA256.digest(Array(secret)) }
}
