import CloudAgent
import ControlProtocol
import Linux

@main
struct Main {
  static func main() {
    Process.ignoreBrokenPipes()
    do {
      try run(try AgentCommand.parse(Array(Process.arguments.dropFirst())))
    } catch {
      Output.complain("auricle-agent: \(error)")
      Process.exit(2)
    }
  }

  private static func run(_ command: AgentCommand) throws {
    switch command {
    case .help: Output.print(AgentCommand.usage)
    case .version: Output.print("auricle-agent \(Version.current)")
    case .newSecret(let name): try Output.print(AgentCommand.newSecret(for: name))
    case .say(let text, let path, let voice, let rate):
      try SpokenFile.write(text, to: path, voice: voice, rate: rate)
    case .serve(let options):
      // Before any thread is started, so that all of them leave the signals to us.
      let signals = try StopSignals.open()
      let reload = try ReloadSignal.open()
      let allowed = Process.allowDescriptors(options.descriptors)
      if allowed < options.descriptors {
        Log.warning("event=few_descriptors allowed=\(allowed) wanted=\(options.descriptors)")
      }
      let agent = try Agent(options)
      Output.print("listening on wss://\(options.interface):\(agent.port)\(Agent.path)")
      try agent.run(until: signals.number, reload: reload)
    }
  }
}
