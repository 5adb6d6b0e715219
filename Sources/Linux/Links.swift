internal import CLinux

extension Files {
  /// What a symbolic link says, as it is written; nil where there is none.
  public static func link(_ path: String) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = bytes.withUnsafeMutableBytes {
      readlink(path, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
    }
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }

  /// The path without links in it; nil where it leads nowhere.
  public static func realPath(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }

  /// The last part of a path.
  public static func name(of path: String) -> String {
    let bytes = Array(path.utf8)
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(decoding: bytes[(slash + 1)...], as: UTF8.self)
  }

  /// The first line of a small file of the kernel's, without blanks at its end; nil where there is
  /// none or it may not be read.
  public static func line(_ path: String) -> String? {
    // Facts of the kernel's come and go; whoever asks has a word for what is missing.
    guard let text = try? read(path, limit: 4_096) else { return nil }
    var line = text.prefix { $0 != 0x0A }
    while let last = line.last, last == 0x20 || last == 0x0D { line = line.dropLast() }
    return String(decoding: line, as: UTF8.self)
  }
}

extension Process {
  /// What that process calls itself; nil where this user may not see it.
  public static func name(of process: Int) -> String? { Files.line("/proc/\(process)/comm") }

  /// Whether that is a thread of ours.
  public static func isOurs(thread: Int) -> Bool { Files.exists("/proc/self/task/\(thread)") }

  /// The program that runs here, as a path.
  public static var program: String? { Files.link("/proc/self/exe") }
}
