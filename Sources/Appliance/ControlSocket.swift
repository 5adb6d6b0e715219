internal import Linux

/// The control socket, and with it the right to be the only daemon.
struct ControlSocket: ~Copyable {
  let listener: FileDescriptor
  private let path: String
  private let lock: FileLock

  private init(listener: consuming FileDescriptor, path: String, lock: consuming FileLock) {
    self.listener = listener
    self.path = path
    self.lock = lock
  }

  /// Nobody answers any more: callers shall be told so instead of waiting.
  func release() {
    do throws(LinuxError) { try Files.remove(path) } catch {
      Log.warning("control socket left behind reason=\(Log.quoted(error.description))")
    }
  }

  /// - Parameter group: may use the socket too; empty for none.
  static func claim(_ path: String, group: String) throws(StartProblem) -> ControlSocket {
    try check(path, group: group)
    do throws(LinuxError) {
      // A wrong path in the settings must not cost anybody a file.
      if Files.exists(path), !Files.isSocket(path) {
        throw LinuxError("listen on", path, code: LinuxError.notASocket)
      }
      try Files.makeFolder(folder(of: path))
      guard let lock = try FileLock.take(path + ".lock") else {
        throw LinuxError("claim", path, code: LinuxError.busy)
      }
      // With the lock in hand, a socket without an answer was left by a daemon that died.
      if UnixSocket.isAnswered(path) { throw LinuxError("claim", path, code: LinuxError.busy) }
      try Files.remove(path)
      let listener = try UnixSocket.listen(path, mode: group.isEmpty ? 0o600 : 0o660)
      if !group.isEmpty { try Files.give(path, toGroup: group) }
      return ControlSocket(listener: listener, path: path, lock: lock)
    } catch {
      if error.code == LinuxError.busy {
        throw StartProblem(
          "another auricled answers at \(path)",
          advice:
            "one daemon for each socket: stop the other (systemctl stop auricled), or set control.socket"
        )
      }
      throw StartProblem(
        error.description, advice: "set control.socket to a place this user may write")
    }
  }

  /// What can be known of the two settings before anything is touched.
  static func check(_ path: String, group: String) throws(StartProblem) {
    if !UnixSocket.fits(path) {
      throw StartProblem(
        "control.socket is \(path.utf8.count) bytes long", advice: "a socket's path may have 107",
        isSetting: true)
    }
    if !group.isEmpty, !Files.hasGroup(group) {
      throw StartProblem(
        "control.group names '\(group)', which is no group here",
        advice: "make it (addgroup --system \(group)), or correct control.group", isSetting: true)
    }
  }

  private static func folder(of path: String) -> String {
    let bytes = Array(path.utf8)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0 else { return "." }
    return String(decoding: bytes[..<slash], as: UTF8.self)
  }
}
