internal import Linux

/// A file that is being written, in pieces.
final class OutputFile {
  static let pieceSize = 1 << 16

  private let path: String
  private let file: FileDescriptor
  private var piece: [UInt8] = []

  /// Nil without a path.
  static func create(_ path: String) throws(Trouble) -> OutputFile? {
    if path.isEmpty { return nil }
    do throws(LinuxError) { return OutputFile(path, try Files.create(path)) } catch {
      throw Trouble(sentence: error.description)
    }
  }

  private init(_ path: String, _ file: consuming FileDescriptor) {
    self.path = path
    self.file = file
  }

  func add(_ bytes: [UInt8]) throws(Trouble) {
    piece += bytes
    if piece.count >= OutputFile.pieceSize { try flush() }
  }

  func flush() throws(Trouble) {
    do throws(LinuxError) { try file.writeAll(piece, name: path) } catch {
      throw Trouble(sentence: "\(error.description); what is in it so far is not the whole")
    }
    piece.removeAll(keepingCapacity: true)
  }
}
