/// What a parser did that it must never do, besides a trap.
package struct Broken: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

func hold(_ condition: Bool, _ otherwise: @autoclosure () -> String) throws(Broken) {
  if !condition { throw Broken(otherwise()) }
}

/// One of the places where bytes from outside come in, and what must hold there whatever they are.
package struct Parser: Sendable {
  package let name: String
  /// Of an input, in bytes: enough to get deep, short enough to be quick.
  package let longest: Int
  /// Inputs to begin with, from what is recorded and from what we write ourselves.
  package let seeds: @Sendable () -> [[UInt8]]
  /// Takes an input; tells how many messages, lines or files of the parser were in it.
  package let run: @Sendable ([UInt8]) throws(Broken) -> Int

  init(
    _ name: String, longest: Int, seeds: @escaping @Sendable () -> [[UInt8]],
    run: @escaping @Sendable ([UInt8]) throws(Broken) -> Int
  ) {
    self.name = name
    self.longest = longest
    self.seeds = seeds
    self.run = run
  }

  package static let all: [Parser] = [
    .json, .device, .agent, .link, .shelf, .broker, .control, .settings, .wave, .echo, .talker,
    .address, .packet, .clock, .devices, .stream, .cards, .report, .acoustics, .editor,
    .left, .buttons, .mixer, .headers, .door,
  ]

  package static func named(_ name: String) -> Parser? { all.first { $0.name == name } }
}
