internal import CWebSockets
internal import Synchronization

/// lws tells the reasons of its failures only to its log. We keep the last ones per thread and let
/// nothing of it out. All access is in this file: the words live in a function of the shim, of
/// which each file would have its own copy.
enum LibraryLog {
  struct Words {
    /// The first error since `forget()`: those after it are its consequences.
    var error = ""
    /// OpenSSL's reason.
    var tls = ""
    /// The same as a number: `SSL_R_...`.
    var tlsReason: Int32 = 0
    /// errno of a failed connect, 0 when there was none.
    var connectCode: Int32 = 0
  }

  /// While a link connects, lws also says the details; each message would cost lines otherwise.
  private static let connecting = Atomic<Int>(0)
  private static let errorsOnly = CInt(LLL_ERR)
  private static let detailed = CInt(LLL_ERR | LLL_INFO | LLL_DEBUG)

  static func silence() { lws_set_log_level(level, keep) }

  static func beginDetails() {
    connecting.add(1, ordering: .relaxed)
    forget()
    silence()
  }

  static func endDetails() {
    connecting.subtract(1, ordering: .relaxed)
    silence()
  }

  static func forget() {
    let words = cwebsockets_last_words()!
    words.pointee.error.0 = 0
    words.pointee.tls.0 = 0
    words.pointee.tls_code = 0
    words.pointee.connect_code = 0
  }

  /// The system's code when it refused to accept a caller since the last time somebody asked.
  static func takeAcceptCode() -> CInt? {
    let words = cwebsockets_last_words()!
    let code = words.pointee.accept_code
    words.pointee.accept_code = 0
    return code == 0 ? nil : code
  }

  static var lastWords: Words {
    let words = cwebsockets_last_words()!
    return Words(
      error: withUnsafeBytes(of: words.pointee.error) { line($0) },
      tls: withUnsafeBytes(of: words.pointee.tls) { line($0) },
      // The bits below are the reason; those above say which part of OpenSSL it comes from.
      tlsReason: Int32(words.pointee.tls_code & 0x7F_FFFF),
      connectCode: words.pointee.connect_code)
  }

  private static var level: CInt {
    connecting.load(ordering: .relaxed) > 0 ? detailed : errorsOnly
  }

  private static let keep: @convention(c) (CInt, UnsafePointer<CChar>?) -> Void = { level, text in
    guard let text, let words = cwebsockets_last_words() else { return }
    if let code = strstr(text, "says err ") {
      words.pointee.connect_code = CInt(atoi(code + 9))
    } else if let code = strstr(text, "accept: errno ") {
      words.pointee.accept_code = CInt(atoi(code + 14))
    } else if strstr(text, "openssl error: ") != nil {
      // error:0A00010B:SSL routines::wrong version number
      guard let colon = strrchr(text, CInt(UInt8(ascii: ":"))), words.pointee.tls.0 == 0 else {
        return
      }
      withUnsafeMutableBytes(of: &words.pointee.tls) { copy(colon + 1, into: $0) }
      if let number = strstr(text, ": error:") {
        words.pointee.tls_code = strtoul(number + 8, nil, 16)
      }
    } else if level == CInt(LLL_ERR), words.pointee.error.0 == 0 {
      withUnsafeMutableBytes(of: &words.pointee.error) { copy(text, into: $0) }
    }
  }

  static func has(_ text: String, _ part: String) -> Bool { strstr(text, part) != nil }

  private static func copy(_ text: UnsafePointer<CChar>, into room: UnsafeMutableRawBufferPointer) {
    let count = min(strlen(text), room.count - 1)
    room.copyMemory(from: UnsafeRawBufferPointer(start: text, count: count))
    room[count] = 0
  }

  private static func line(_ bytes: UnsafeRawBufferPointer) -> String {
    String(decoding: bytes.prefix { $0 != 0 && $0 != 0x0A }, as: UTF8.self)
  }
}
