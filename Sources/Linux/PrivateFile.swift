internal import CLinux

extension Files {
  /// Whether nobody but its owner, who is this user or root, may read or write the file.
  public static func isPrivate(_ path: String) throws(LinuxError) -> Bool {
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw .last("read", path) }
    return isPrivate(facts, forbidden: 0o077)
  }

  /// A secret; nil where somebody else could read or write it. Judged on the file that is read, and
  /// never waiting for one that is none.
  ///
  /// - Parameter mayBeReadByGroup: a credential of systemd's may look like that.
  public static func readPrivate(_ path: String, limit: Int, mayBeReadByGroup: Bool = false)
    throws(LinuxError) -> [UInt8]?
  {
    let number = clinux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard number >= 0 else { throw .last("read", path) }
    let file = FileDescriptor(owning: number)
    var facts = stat()
    guard fstat(number, &facts) == 0 else { throw .last("read", path) }
    guard facts.st_mode & 0o170_000 == 0o100_000 else {
      throw LinuxError("read", path, code: EINVAL)
    }
    guard isPrivate(facts, forbidden: mayBeReadByGroup ? 0o037 : 0o077) else { return nil }
    var chunk = [UInt8](repeating: 0, count: limit + 1)
    let got: Int?
    do throws(LinuxError) { got = try file.read(into: &chunk, limit: chunk.count) } catch {
      throw LinuxError("read", path, code: error.code)
    }
    guard let got, got <= limit else { throw LinuxError("read", path, code: EFBIG) }
    return Array(chunk[..<got])
  }

  private static func isPrivate(_ facts: stat, forbidden: mode_t) -> Bool {
    facts.st_mode & forbidden == 0 && (facts.st_uid == 0 || facts.st_uid == geteuid())
  }
}

extension Process {
  /// Lets this process open `wanted` descriptors, more or fewer than before; what it may open now.
  public static func allowDescriptors(_ wanted: Int) -> Int {
    clinux_allow_descriptors(wanted)
  }
}
