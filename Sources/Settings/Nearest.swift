/// Finds the name somebody probably meant: of a section, a key or a verb.
public enum Nearest {
  /// Longer words are nobody's typing error, and the work stays small.
  static let longestWord = 32

  public static func name(to word: String, among names: [String]) -> String? {
    name(to: Array(word.utf8)[...], among: names)
  }

  static func name(to word: ArraySlice<UInt8>, among names: [String]) -> String? {
    guard !word.isEmpty, word.count <= longestWord else { return nil }
    var best: String?
    // A third of the letters may be wrong: more is another word.
    var fewest = max(1, word.count / 3) + 1
    for name in names {
      let steps = distance(Array(word), Array(name.utf8))
      if steps < fewest { (best, fewest) = (name, steps) }
    }
    return best
  }

  /// Letters added, left out, replaced, or swapped with their neighbour; case does not count.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    let left = left.map { lowercase($0) }
    let right = right.map { lowercase($0) }
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for i in 0..<left.count {
      var row = [i + 1]
      for j in 0..<right.count {
        var steps = min(last[j + 1] + 1, row[j] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
        if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
          steps = min(steps, beforeLast[j - 1] + 1)
        }
        row.append(steps)
      }
      (beforeLast, last) = (last, row)
    }
    return last[right.count]
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
