internal import CCrypto

/// SHA-256 and what is built on it.
public enum SHA256 {
  public static let size = 32

  public static func digest(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: size)
    CCrypto.SHA256(bytes, bytes.count, &digest)
    return digest
  }

  /// HMAC of `bytes` under `key` (RFC 2104): only who has the key can make it.
  public static func authentication(_ bytes: [UInt8], key: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: size)
    var length = UInt32(size)
    let made = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &code, &length)
    precondition(made != nil && length == size, "no HMAC without memory")
    return code
  }
}

/// Comparing and making what nobody else may know.
public enum Secrecy {
  /// Takes the same time wherever the two differ. Of different lengths they are different at once.
  public static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
  }

  /// Bytes nobody can guess; nil when the system has none to give.
  public static func randomBytes(_ count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return RAND_bytes(&bytes, Int32(count)) == 1 ? bytes : nil
  }
}
