import Linux
import WebSockets

/// Many devices at once, each speaking turns at the pace of a person: what an agent answers, and when.
@main
struct Main {
  static func main() {
    Process.ignoreBrokenPipes()
    do {
      let options = try LoadOptions.parse(Array(Process.arguments.dropFirst()))
      guard let options else { return Output.print(LoadOptions.usage) }
      let load = try Load(options)
      load.run()
      guard load.print() else { Process.exit(1) }
    } catch {
      Output.complain("auricle-load: \(error)")
      Process.exit(2)
    }
  }
}
