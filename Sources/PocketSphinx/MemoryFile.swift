internal import CPocketSphinx

/// Bytes the library can open by name, though they never touch a disk: it takes its language model
/// and its dictionary only as files.
struct MemoryFile: ~Copyable {
  private let descriptor: Int32

  var path: String { "/proc/self/fd/\(descriptor)" }

  init(_ contents: [UInt8]) throws(RecogniserError) {
    let descriptor = memfd_create("pocketsphinx", 1)  // MFD_CLOEXEC
    guard descriptor >= 0 else { throw .library(action: "get memory for a model") }
    var rest = contents[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else {
        close(descriptor)
        throw .library(action: "get \(contents.count) bytes of memory for a model")
      }
      rest = rest.dropFirst(count)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
