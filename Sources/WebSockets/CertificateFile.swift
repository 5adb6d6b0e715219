internal import CWebSockets
public import Linux

/// A certificate in a file, looked at without using it.
public enum CertificateFile {
  /// When it runs out, in seconds since 1970; nil when there is none in the file.
  public static func end(_ path: String) throws(LinuxError) -> Int64? {
    try Files.checkReadable(path)
    let end = cwebsockets_file_end(path)
    return end == 0 ? nil : end
  }
}
