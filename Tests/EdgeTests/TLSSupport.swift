import Glibc
import Linux
import Testing

@testable import WebSockets

/// Output of a shell line, without its line end.
func shell(_ line: String) throws -> String {
  var child = try ChildProcess.start("sh", ["-c", line], captureOutput: true)
  let output = try readAll(of: child)
  try #require(child.wait() == 0, "\(line)")
  return String(decoding: output.filter { $0 != 0x0A }, as: UTF8.self)
}

private func readAll(of child: borrowing ChildProcess) throws -> [UInt8] {
  var all: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 4_096)
  while let count = try child.output?.read(into: &piece, limit: piece.count), count > 0 {
    all += piece[..<count]
  }
  return all
}

/// The pin of a certificate, as the manual tells technicians to make it.
func pin(of file: String) throws -> String {
  try shell(
    "openssl x509 -in \(file) -pubkey -noout | openssl pkey -pubin -outform der"
      + " | openssl dgst -sha256 -binary | base64")
}

/// A server of the openssl program, for what our own cannot do: it answers requests with a page and
/// knows no WebSockets, so a link that came through TLS ends with status 200.
final class OpenSSLServer {
  private var process: ChildProcess
  let port: Int32

  init(_ certificate: TestAuthority.Certificate, _ options: String...) throws {
    process = try ChildProcess.start(
      "openssl",
      [
        "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate.file, "-key",
        certificate.key,
      ] + options, captureOutput: true, errorFile: "/dev/null")
    // ACCEPT 127.0.0.1:34567
    var said = ""
    var piece = [UInt8](repeating: 0, count: 4_096)
    while !said.contains("ACCEPT") || !said.hasSuffix("\n") {
      let count = try #require(try process.output?.read(into: &piece, limit: piece.count))
      try #require(count > 0, "openssl s_server ended: \(said)")
      said += String(decoding: piece[..<count], as: UTF8.self)
    }
    port = try #require(Int32(said.split(separator: ":").last?.split(separator: "\n").first ?? ""))
  }

  deinit { process.stop() }
}

/// What becomes of a link to a server on this machine.
func failure(
  port: Int32, trust: TLSTrust, host: String = "localhost", clock: ClockReading = .now,
  patience: ConnectPatience = .ofTests
) throws -> LinkFailure {
  let bench = try LinkBench()
  try bench.makeLink(to: "wss://\(host):\(port)/auricle", trust: trust, patience: patience)
  bench.connect(clock: clock)
  try bench.wait { !bench.failures.isEmpty }
  #expect(bench.opened == 0)
  return try #require(bench.failures.first)
}
