import Fuzzing
import Glibc

// libFuzzer's own main calls these. Which parser is fuzzed says AURICLE_FUZZ_PARSER; with
// AURICLE_FUZZ_SEEDS its seeds are written into that folder instead.

nonisolated(unsafe) private var parser = Parser.all[0]
nonisolated(unsafe) private var runs = 0
nonisolated(unsafe) private var messages = 0

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
  _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutableRawPointer
) -> CInt {
  let name = getenv("AURICLE_FUZZ_PARSER").map { String(cString: $0) } ?? ""
  guard let named = Parser.named(name) else {
    fail("AURICLE_FUZZ_PARSER is one of \(Parser.all.map { $0.name }.joined(separator: " "))")
  }
  parser = named
  if let folder = getenv("AURICLE_FUZZ_SEEDS") {
    for (number, seed) in parser.seeds().enumerated() {
      keep(seed, to: String(cString: folder) + "/seed-\(number)")
    }
    print(parser.longest)
    exit(0)
  }
  atexit { print("\(parser.name): \(messages) messages in \(runs) inputs") }
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let input = Array(UnsafeBufferPointer(start: data, count: size))
  do throws(Broken) { messages += try parser.run(input) } catch {
    fail("broken: \(error.description)", isCrash: true)
  }
  runs += 1
  return 0
}

private func keep(_ bytes: [UInt8], to file: String) {
  guard let stream = fopen(file, "w") else { fail("\(file) cannot be written") }
  fwrite(bytes, 1, bytes.count, stream)
  fclose(stream)
}

private func fail(_ sentence: String, isCrash: Bool = false) -> Never {
  let line = Array("auricle-fuzz: \(sentence)\n".utf8)
  Glibc.write(STDERR_FILENO, line, line.count)
  if isCrash { abort() }
  exit(2)
}
