internal import Demo
internal import Linux

/// The demonstration: `auricle-demo --help` says what it does.
@main enum AuricleDemo {
  static func main() { Process.exit(run()) }

  private static func run() -> Int32 {
    let options: DemoOptions
    do throws(DemoOptions.Misuse) {
      options = try DemoOptions.parse(Array(Process.arguments.dropFirst()))
    } catch {
      Output.complain("auricle-demo: \(error); auricle-demo --help tells more")
      return 2
    }
    if options.asksForHelp {
      Output.print(DemoOptions.usage)
      return 0
    }
    do throws(DemoError) {
      return try Show.run(options) ? 0 : 1
    } catch {
      Output.complain("auricle-demo: \(error)")
      return 1
    }
  }
}
