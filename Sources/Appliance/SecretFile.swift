internal import Linux

/// Why a secret cannot be used. Never holds the secret.
struct SecretProblem: Error {
  let reason: String
  let advice: String

  init(_ reason: String, advice: String) {
    self.reason = reason
    self.advice = advice
  }
}

/// A file with one secret in one line that nobody else may read, such as a credential of systemd.
enum SecretFile {
  static let longest = 1_024

  static func read(_ file: String) throws(SecretProblem) -> String {
    // systemd guards the folder, and shows what it lets the daemon read as the group's.
    let credentials = Process.environment("CREDENTIALS_DIRECTORY") ?? ""
    let isCredential = !credentials.isEmpty && file.utf8.starts(with: (credentials + "/").utf8)
    let read: [UInt8]?
    do throws(LinuxError) {
      read = try Files.readPrivate(file, limit: longest, mayBeReadByGroup: isCredential)
    } catch {
      throw SecretProblem(
        error.description, advice: "does the file exist, and may the daemon read it?")
    }
    guard var bytes = read else {
      throw SecretProblem("\(file) may be read or written by others", advice: "chmod 600 \(file)")
    }
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    guard !bytes.isEmpty, bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw SecretProblem(
        "\(file) holds no secret", advice: "write it as one line of visible ASCII")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
