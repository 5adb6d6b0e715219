/// Numbers from 0 to 100 as they are said.
enum NumberWords {
  private static let small = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
  ]
  private static let tens = [
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
  ]

  static func words(_ number: Int) -> [String] {
    switch number {
    case 0..<20: [small[number]]
    case 20..<100:
      number % 10 == 0 ? [tens[number / 10 - 2]] : [tens[number / 10 - 2], small[number % 10]]
    default: ["one", "hundred"]
    }
  }

  /// The number that begins at `start`, and how many words it takes.
  static func read(_ words: [String], at start: Int) -> (number: Int, count: Int)? {
    let word = words[start]
    let next = start + 1 < words.count ? words[start + 1] : ""
    if word == "hundred" { return (100, 1) }
    if word == "one" || word == "a", next == "hundred" { return (100, 2) }
    if let number = small.firstIndex(of: word) { return (number, 1) }
    guard let ten = tens.firstIndex(of: word) else { return nil }
    if let one = small.firstIndex(of: next), (1...9).contains(one) {
      return ((ten + 2) * 10 + one, 2)
    }
    return ((ten + 2) * 10, 1)
  }
}
