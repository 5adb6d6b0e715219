import Fuzzing
import Glibc
import Linux
import TestSupport

/// Pours inputs into a parser, as fast as the parser goes: what libFuzzer found, changed at random, without
/// a look at what they reach. libFuzzer finds the ways in; this goes them ten million times.
///
///     auricle-pour PARSER INPUTS SECONDS SEED FOUND [CORPUS]
///
/// FOUND is the file for the input that breaks something.
@main struct Pour {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count >= 6, let parser = Parser.named(words[1]), let most = Int(words[2]),
      let seconds = Int(words[3]), let seed = UInt64(words[4])
    else {
      print("usage: auricle-pour PARSER INPUTS SECONDS SEED FOUND [CORPUS]")
      exit(2)
    }
    keepWhatKills(in: words[5])
    var sources = parser.seeds()
    if words.count > 6 {
      for file in try Files.list(words[6]).sorted() {
        sources.append(try Files.read(words[6] + "/" + file))
      }
    }
    var random = SeededRandom(seed: seed)
    var (inputs, messages) = (0, 0)
    let began = time(nil)
    while inputs < most {
      let input = Pour.input(from: sources, longest: parser.longest, &random)
      remember(input)
      do throws(Broken) { messages += try parser.run(input) } catch {
        print("broken: \(error.description)")
        abort()
      }
      inputs += 1
      if inputs & 0xFF == 0, time(nil) - began >= seconds { break }
    }
    print(
      "\(parser.name): \(messages) messages in \(inputs) inputs, \(max(1, time(nil) - began)) s")
  }

  /// One of the sources, perhaps with the end of another, changed in some places; or nothing but chance.
  private static func input(
    from sources: [[UInt8]], longest: Int, _ random: inout SeededRandom
  ) -> [UInt8] {
    func below(_ count: Int) -> Int { Int(truncatingIfNeeded: random.next() >> 1) % max(1, count) }
    let kind = random.next()
    if kind & 15 == 0 { return random.bytes(below(longest)) }
    var input = sources[below(sources.count)]
    if kind >> 4 & 3 == 0 {
      let other = sources[below(sources.count)]
      input = input.prefix(below(input.count + 1)) + other.suffix(below(other.count + 1))
    }
    for _ in 0..<(1 << (kind >> 8 & 3)) where !input.isEmpty {
      let place = below(input.count)
      switch random.next() & 7 {
      case 0: input.remove(at: place)
      case 1: input.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
      case 2: input[place] ^= 1 << UInt8(below(8))
      case 3:
        let end = min(input.count, place + 1 + below(16))
        input.insert(contentsOf: Array(input[place..<end]), at: below(input.count))
      case 4: input.removeSubrange(place..<min(input.count, place + 1 + below(8)))
      default: input[place] = UInt8(truncatingIfNeeded: random.next())
      }
    }
    return Array(input.prefix(longest))
  }
}

// A trap leaves no time to tell: the input lies ready, and the handler only writes it.

private let room = 1 << 16
nonisolated(unsafe) private let current = UnsafeMutablePointer<UInt8>.allocate(capacity: room)
nonisolated(unsafe) private var length = 0
nonisolated(unsafe) private var file: Int32 = -1

private func remember(_ input: [UInt8]) {
  length = min(room, input.count)
  input.withUnsafeBufferPointer {
    if let start = $0.baseAddress { current.update(from: start, count: length) }
  }
}

private func keepWhatKills(in name: String) {
  file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
  for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE] {
    signal(number) { number in
      _ = write(file, current, length)
      _exit(128 + number)
    }
  }
}
