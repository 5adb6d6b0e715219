internal import CLinux

extension Files {
  /// Whether nobody but its owner, who is this user or root, may read or write the file.
  public static func isPrivate(_ path: String) throws(LinuxError) -> Bool {
    var facts = stat()
    guard stat(path, &facts) == 0 else { throw .last("read", path) }
    return facts.st_mode & 0o077 == 0 && (facts.st_uid == 0 || facts.st_uid == geteuid())
  }
}

extension Process {
  /// Lets this process open `wanted` descriptors, more or fewer than before; what it may open now.
  public static func allowDescriptors(_ wanted: Int) -> Int {
    clinux_allow_descriptors(wanted)
  }
}
