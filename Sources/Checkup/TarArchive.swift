/// An archive that every system can open (POSIX ustar): a few text files in one folder.
public struct TarArchive: Sendable {
  /// Of one file; what is longer is cut, and says so.
  public static let largestFile = 256 << 10
  public static let mostFiles = 32

  private let folder: String
  /// Seconds since 1970.
  private let time: Int64
  private var bytes: [UInt8] = []
  private var files = 0

  /// - Parameter folder: the name that everything is under: letters, digits, dashes and dots.
  public init(folder: String, time: Int64) {
    self.folder = folder
    self.time = max(0, time)
  }

  public mutating func add(_ name: String, _ contents: [UInt8]) {
    precondition(files < TarArchive.mostFiles && (folder + name).utf8.count < 99)
    files += 1
    var shown = contents
    if shown.count > TarArchive.largestFile {
      shown.removeLast(shown.count - TarArchive.largestFile)
      shown += "\n(cut: the rest did not fit)\n".utf8
    }
    bytes += header(folder + "/" + name, size: shown.count)
    bytes += shown
    pad()
  }

  /// The whole file.
  public var contents: [UInt8] { bytes + [UInt8](repeating: 0, count: 1_024) }

  private func header(_ path: String, size: Int) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: some Collection<UInt8>, at start: Int) {
      for (index, byte) in text.enumerated() { block[start + index] = byte }
    }
    put(path.utf8, at: 0)
    put("0000644".utf8, at: 100)
    put("0000000".utf8, at: 108)
    put("0000000".utf8, at: 116)
    put(TarArchive.octal(Int64(size), digits: 11), at: 124)
    put(TarArchive.octal(time, digits: 11), at: 136)
    // The sum is made with blanks in its own place.
    put("        ".utf8, at: 148)
    block[156] = UInt8(ascii: "0")
    put("ustar".utf8, at: 257)
    put("00".utf8, at: 263)
    put("root".utf8, at: 265)
    put("root".utf8, at: 297)
    let sum = block.reduce(0) { $0 + Int64($1) }
    put(TarArchive.octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
    return block
  }

  private mutating func pad() {
    let over = bytes.count % 512
    if over > 0 { bytes += [UInt8](repeating: 0, count: 512 - over) }
  }

  private static func octal(_ number: Int64, digits: Int) -> [UInt8] {
    var text = [UInt8](repeating: UInt8(ascii: "0"), count: digits)
    var rest = number
    for place in stride(from: digits - 1, through: 0, by: -1) {
      text[place] += UInt8(rest & 7)
      rest >>= 3
    }
    return text
  }
}
