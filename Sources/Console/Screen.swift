public import Linux

/// Where the command writes: knows whether a person looks at it, and notices when nobody does.
public final class Screen {
  public struct Abilities: Equatable, Sendable {
    /// Lines can be redrawn.
    public var isTerminal = false
    public var hasColour = false
    public var columns = 80

    public init(isTerminal: Bool = false, hasColour: Bool = false, columns: Int = 80) {
      self.isTerminal = isTerminal
      self.hasColour = hasColour
      self.columns = columns
    }
  }

  public enum Paint { case bold, dim, red, green, yellow }

  public let abilities: Abilities
  /// Set once writing failed; nothing is written after that.
  public private(set) var failure: LinuxError?

  private let write: ([UInt8]) throws(LinuxError) -> Void
  private let complaints: (String) -> Void
  /// What stands in the bottom line, redrawn after every line above it.
  private var bottom: String?

  public init(
    _ abilities: Abilities, write: @escaping ([UInt8]) throws(LinuxError) -> Void,
    complain: @escaping (String) -> Void
  ) {
    self.abilities = abilities
    self.write = write
    complaints = complain
  }

  /// Standard output and error.
  public static func standard() -> Screen {
    let isDumb = Process.environment("TERM")?.utf8.elementsEqual("dumb".utf8) ?? true
    let isTerminal = Output.isTerminal && !isDumb
    let refusesColour = Process.environment("NO_COLOR").map { !$0.isEmpty } ?? false
    let output = StandardOutput()
    return Screen(
      Abilities(
        isTerminal: isTerminal, hasColour: isTerminal && !refusesColour,
        columns: Output.columns > 0 ? Output.columns : 80),
      write: { (bytes) throws(LinuxError) in try output.descriptor.writeAll(bytes) },
      complain: { Output.complain($0) })
  }

  private final class StandardOutput {
    let descriptor = FileDescriptor(owning: 1)
  }

  public func print(_ line: String = "") {
    guard let bottom else { return put(line + "\n") }
    put("\r\u{1B}[K\(line)\n\(bottom)")
  }

  public func print(_ lines: [String]) {
    for line in lines { print(line) }
  }

  /// Bytes as they are, such as JSON.
  public func printBytes(_ bytes: [UInt8]) { print(String(decoding: bytes, as: UTF8.self)) }

  /// To standard error, where a reader of the output does not stumble over it.
  public func complain(_ line: String) { complaints(line) }

  /// Replaces the line at the bottom; only on a terminal.
  public func draw(bottom line: String) {
    guard abilities.isTerminal else { return }
    // A line that wraps cannot be redrawn. Ours is ASCII: a byte is a column.
    let shown = String(decoding: line.utf8.prefix(max(0, abilities.columns - 1)), as: UTF8.self)
    guard !(bottom?.utf8.elementsEqual(shown.utf8) ?? false) else { return }
    bottom = shown
    put("\r\u{1B}[K\(shown)")
  }

  /// Takes the line at the bottom away.
  public func clearBottom() {
    guard bottom != nil else { return }
    bottom = nil
    put("\r\u{1B}[K")
  }

  public func painted(_ text: String, _ paint: Paint) -> String {
    guard abilities.hasColour else { return text }
    let code =
      switch paint {
      case .bold: "1"
      case .dim: "2"
      case .red: "31"
      case .green: "32"
      case .yellow: "33"
      }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  private func put(_ text: String) {
    guard failure == nil else { return }
    do throws(LinuxError) { try write(Array(text.utf8)) } catch { failure = error }
  }
}
