/// Changes single values in a settings file and leaves everything else in it as it stands.
public enum SettingsEditor {
  public struct Change: Equatable, Sendable {
    let section: String
    let key: String
    let value: String

    public init(_ section: String, _ key: String, _ value: String) {
      self.section = section
      self.key = key
      self.value = value
    }
  }

  /// The file with these values; a key that is not there yet goes to the end of its section.
  ///
  /// - Parameter heading: a comment for a file that is new.
  public static func apply(_ changes: [Change], to contents: [UInt8], heading: String) -> [UInt8] {
    var lines = contents.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
    if lines.last?.isEmpty ?? false { lines.removeLast() }
    if lines.isEmpty { lines = [Array("# \(heading)".utf8)] }
    for change in changes { apply(change, to: &lines) }
    return Array(lines.joined(separator: [0x0A])) + [0x0A]
  }

  private static func apply(_ change: Change, to lines: inout [[UInt8]]) {
    let line = Array("\(change.key) = \(quoted(change.value))".utf8)
    var section: ArraySlice<UInt8> = []
    /// Behind the last line of the section that says something.
    var end: Int?
    for index in lines.indices {
      let text = lines[index][...].trimmed
      if text.first == UInt8(ascii: "[") {
        section = text.dropFirst().dropLast().trimmed
      }
      guard change.section.spells(section) else { continue }
      if !text.isEmpty { end = index + 1 }
      guard let equals = text.firstIndex(of: UInt8(ascii: "=")),
        change.key.spells(text[..<equals].trimmed)
      else { continue }
      lines[index] = line + (lines[index].last == 0x0D ? [0x0D] : [])
      return
    }
    if let end {
      lines.insert(line, at: end)
    } else {
      lines += [[], Array("[\(change.section)]".utf8), line]
    }
  }

  /// A text that would be read as something else stands in quotes.
  private static func quoted(_ value: String) -> String {
    let bytes = Array(value.utf8)
    let isPlain =
      bytes.first != UInt8(ascii: "\"") && bytes.first?.isBlank != true
      && bytes.last?.isBlank != true && !bytes.isEmpty
      && !bytes.contains { $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: ";") }
    return isPlain ? value : "\"\(value)\""
  }
}
