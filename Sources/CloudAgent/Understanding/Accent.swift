/// The model's dictionary is American; many visitors are not.
enum Accent {
  private static let vowels: Set<Character> = ["A", "E", "I", "O", "U"]

  /// The word without the r that is written but not said ("where", "hours", "car park"); nothing
  /// when it has none.
  static func british(_ phones: [String]) -> [[String]] {
    var way: [String] = []
    for (index, phone) in phones.enumerated() {
      let next = index + 1 < phones.count ? phones[index + 1].first : nil
      let isBeforeVowel = next.map { vowels.contains($0) } ?? false
      switch phone {
      case "R" where !isBeforeVowel && index > 0: continue
      case "ER" where !isBeforeVowel: way.append("AH")
      default: way.append(phone)
      }
    }
    return way == phones ? [] : [way]
  }
}
