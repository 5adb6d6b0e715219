import Testing

@testable import CloudAgent

@Suite struct AgentOptionsTests {
  private func complaint(_ arguments: String...) -> String {
    do throws(AgentError) {
      _ = try AgentCommand.parse(arguments)
      return ""
    } catch {
      return error.description
    }
  }

  @Test func theUsualServerNeedsItsCertificateAndKey() throws {
    let command = try AgentCommand.parse(["--certificate", "c.pem", "--key", "k.pem"])
    var wanted = AgentOptions()
    wanted.certificate = "c.pem"
    wanted.key = "k.pem"
    #expect(command == .serve(wanted))
    #expect(complaint().contains("--certificate"))
    #expect(complaint("--certificate", "c.pem").contains("--key"))
  }

  @Test func everyOptionIsTaken() throws {
    let command = try AgentCommand.parse([
      "--port", "0", "--interface", "0.0.0.0", "--certificate", "c", "--key", "k", "--connections",
      "3", "--voice", "en-gb+f2", "--rate", "200", "--echo", "--verbose",
    ])
    guard case .serve(let options) = command else {
      Issue.record("not to serve")
      return
    }
    #expect(options.port == 0 && options.interface == "0.0.0.0" && options.connections == 3)
    #expect(options.voice == "en-gb+f2" && options.rate == 200)
    #expect(options.isEcho && options.isVerbose)
  }

  @Test func aHouseFullOfDevicesBehindOneAddressHasItsOwnLimits() throws {
    let server = ["--certificate", "c", "--key", "k"]
    var wanted = AgentOptions()
    (wanted.certificate, wanted.key) = ("c", "k")
    #expect(wanted.requestsPerAddress == 120 && wanted.refusalsPerAddress == 120)
    #expect(wanted.sessionLimit == 43_200, "half a day")
    (wanted.requestsPerAddress, wanted.refusalsPerAddress) = (5_000, 300)
    wanted.sessionLimit = nil
    #expect(
      try AgentCommand.parse(
        server + [
          "--requests-per-address", "5000", "--refusals-per-address", "300", "--session-limit", "0",
        ]) == .serve(wanted))
    #expect(complaint("--session-limit", "9").contains("0 is no limit"))
    #expect(complaint("--requests-per-address", "0").contains("1 to 100000"))
  }

  @Test func aSentenceGoesIntoAFile() throws {
    #expect(
      try AgentCommand.parse(["--say", "hello", "--out", "a.wav", "--rate", "150"])
        == .say("hello", to: "a.wav", voice: "en-us", rate: 150))
    #expect(complaint("--say", "hello").contains("--out"))
    #expect(complaint("--out", "a.wav").contains("--say"))
  }

  @Test func mistakesAreNamedWithWhatWouldBeRight() {
    #expect(complaint("--prot", "1").contains("\"--prot\""))
    #expect(complaint("--port", "99999").contains("0 to 65535"))
    #expect(complaint("--port").contains("--port"))
    #expect(complaint("--rate", "fast").contains("\"fast\""))
    #expect(complaint("--connections", "0").contains("1 to 1000"))
    #expect(complaint("extra").contains("\"extra\""))
  }

  @Test(arguments: [1, 64, 1_000])
  func thereIsRoomForWhatAllSessionsMayAskFor(connections: Int) {
    var options = AgentOptions()
    options.connections = connections
    #expect(options.sessions >= connections)
    #expect(options.mostTurns >= options.sessions * 2)
    // The reply that is said and the one that is prepared.
    #expect(options.mostSentences >= options.sessions * 2)
    #expect(options.descriptors > connections + options.mostTurns)
  }

  @Test func helpNamesEveryOption() {
    for option in [
      "--port", "--interface", "--certificate", "--key", "--connections", "--voice", "--rate",
      "--echo", "--verbose", "--grace", "--say", "--out", "--version", "--help",
      "--requests-per-address", "--refusals-per-address", "--session-limit",
    ] {
      #expect(AgentCommand.usage.contains(option + " "))
    }
  }
}
