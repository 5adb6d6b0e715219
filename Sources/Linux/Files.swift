internal import CLinux

/// Whole files, folders and links. Everything here blocks: never for the audio thread.
public enum Files {
  /// Refuses files above `limit`, so that a wrong path cannot eat the memory.
  public static func read(_ path: String, limit: Int = 16 << 20) throws(LinuxError) -> [UInt8] {
    let number = clinux_open(path, O_RDONLY | O_CLOEXEC, 0)
    guard number >= 0 else { throw .last("read", path) }
    let file = FileDescriptor(owning: number)
    var contents: [UInt8] = []
    var facts = stat()
    // Growing by doubling would take twice the memory of a large file.
    if fstat(number, &facts) == 0 {
      contents.reserveCapacity(max(0, min(limit, Int(clamping: facts.st_size))))
    }
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
      let got: Int?
      do throws(LinuxError) { got = try file.read(into: &chunk, limit: chunk.count) } catch {
        throw LinuxError("read", path, code: error.code)
      }
      guard let got, got > 0 else { return contents }
      guard contents.count + got <= limit else { throw LinuxError("read", path, code: EFBIG) }
      contents.append(contentsOf: chunk[..<got])
    }
  }

  /// Replaces a file so that a reader, or a power cut, sees the old or the new one, never half.
  public static func replace(_ path: String, with contents: [UInt8], mode: UInt32 = 0o644)
    throws(LinuxError)
  {
    let fresh = path + ".new"
    let number = clinux_open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard number >= 0 else { throw .last("write", fresh) }
    let file = FileDescriptor(owning: number)
    do throws(LinuxError) {
      try file.writeAll(contents)
      guard fsync(file.number) == 0 else { throw .last("write", fresh) }
      guard rename(fresh, path) == 0 else { throw .last("replace", path) }
    } catch {
      unlink(fresh)
      throw LinuxError("write", path, code: error.code)
    }
  }

  /// A new empty file, or the old one emptied, open for writing.
  public static func create(_ path: String, mode: UInt32 = 0o644) throws(LinuxError)
    -> FileDescriptor
  {
    let number = clinux_open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    guard number >= 0 else { throw .last("create", path) }
    return FileDescriptor(owning: number)
  }

  /// Overwrites `bytes` at `offset` of an open file.
  public static func patch(_ file: borrowing FileDescriptor, at offset: Int, with bytes: [UInt8])
    throws(LinuxError)
  {
    let count = bytes.withUnsafeBytes {
      pwrite(file.number, $0.baseAddress, $0.count, off_t(offset))
    }
    guard count == bytes.count else { throw .last("write to", "descriptor \(file.number)") }
  }

  public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Says why we may not read it, without reading it.
  public static func checkReadable(_ path: String) throws(LinuxError) {
    let number = clinux_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard number >= 0 else { throw .last("read", path) }
    close(number)
  }

  public static func isFolder(_ path: String) -> Bool {
    var facts = stat()
    return stat(path, &facts) == 0 && facts.st_mode & UInt32(S_IFMT) == UInt32(S_IFDIR)
  }

  /// Names in a folder, sorted by their bytes; a folder that is not there has none.
  public static func list(_ folder: String) throws(LinuxError) -> [String] {
    guard let directory = opendir(folder) else {
      if clinux_errno() == ENOENT { return [] }
      throw .last("list", folder)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !isFolderItself(name) { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// "." and "..". Bytes, because comparing Strings links 45 KB of Unicode tables.
  private static func isFolderItself(_ name: String) -> Bool {
    name.utf8.count <= 2 && name.utf8.allSatisfy { $0 == UInt8(ascii: ".") }
  }

  /// Makes the folder and those above it.
  public static func makeFolder(_ path: String, mode: UInt32 = 0o755) throws(LinuxError) {
    let bytes = Array(path.utf8)
    for end in 1...max(1, bytes.count) where end == bytes.count || bytes[end] == slash {
      let above = String(decoding: bytes.prefix(end), as: UTF8.self)
      guard mkdir(above, mode) == 0 || clinux_errno() == EEXIST else {
        throw .last("make folder", above)
      }
    }
  }

  private static let slash = UInt8(ascii: "/")

  public static func remove(_ path: String) throws(LinuxError) {
    guard unlink(path) == 0 || clinux_errno() == ENOENT else { throw .last("remove", path) }
  }
}

extension Files {
  public static func hasGroup(_ name: String) -> Bool { getgrnam(name) != nil }

  /// Changes a file's group by its name.
  public static func give(_ path: String, toGroup name: String) throws(LinuxError) {
    guard let group = getgrnam(name) else {
      throw LinuxError("find the group", name, code: ENOENT)
    }
    guard chown(path, uid_t.max, group.pointee.gr_gid) == 0 else {
      throw .last("give the group '\(name)'", path)
    }
  }
}
