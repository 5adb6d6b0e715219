import Glibc
internal import Linux

/// A folder that is gone with the test.
public final class ScratchFolder {
  public let path: String

  public init() throws {
    let base = Process.environment("TMPDIR") ?? "/tmp"
    var template = Array((base + "/auricle-test-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw LinuxError("make folder", base, code: errno)
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // Another test may narrow the mask of the whole process for a moment.
    chmod(path, 0o700)
  }

  /// The path of a file in it, written when there is something to write.
  public func file(_ name: String, _ bytes: [UInt8]? = nil) throws -> String {
    let file = path + "/" + name
    if let bytes { try Files.replace(file, with: bytes) }
    return file
  }

  deinit { empty(path) }

  private func empty(_ folder: String) {
    for name in (try? Files.list(folder)) ?? [] {
      let entry = folder + "/" + name
      if Files.isFolder(entry) { empty(entry) } else { unlink(entry) }
    }
    rmdir(folder)
  }
}
