internal import CLinux

/// This process: its arguments, environment and end.
public enum Process {
  /// CommandLine does not exist in Embedded Swift, so we ask the kernel.
  public static var arguments: [String] {
    do throws(LinuxError) {
      return try Files.read("/proc/self/cmdline").split(
        separator: 0, omittingEmptySubsequences: false
      ).dropLast().map { String(decoding: $0, as: UTF8.self) }
    } catch {
      return []
    }
  }

  public static func environment(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    return String(cString: value)
  }

  public static var identifier: Int32 { getpid() }

  public static func exit(_ code: Int32) -> Never { CLinux.exit(code) }

  /// A peer that hangs up is an error of the write, never a signal that ends us.
  public static func ignoreBrokenPipes() { clinux_ignore(SIGPIPE) }

  /// A program started without input, output or error would give their numbers to its own files, and
  /// write its log into one of those.
  public static func fillStandardDescriptors() {
    while true {
      let number = clinux_open("/dev/null", O_RDWR, 0)
      guard number > 2 else {
        if number < 0 { return }
        continue
      }
      _ = close(number)
      return
    }
  }

  /// Resident memory in KiB, now.
  public static var residentKiB: Int {
    // Without /proc nobody learns the figure, and nothing else is wrong.
    guard let text = try? Files.read("/proc/self/statm") else { return 0 }
    let fields = text.split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else {
      return 0
    }
    return pages * sysconf(CInt(_SC_PAGESIZE)) / 1024
  }
}
