/// The header with which a server says what it wants to be shown (RFC 6750).
package enum Challenge {
  /// A longer one is a text for somebody else.
  package static let longestComplaint = 80

  /// What `error_description` says; empty when it says nothing that fits into a line.
  package static func complaint(_ header: [UInt8]) -> String {
    let name = Array("error_description=\"".utf8)
    guard let place = header.indices.first(where: { header[$0...].starts(with: name) }) else {
      return ""
    }
    let words = header[(place + name.count)...].prefix { $0 != UInt8(ascii: "\"") }
    guard words.count <= longestComplaint,
      words.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
    else { return "" }
    return String(decoding: words, as: UTF8.self)
  }
}
