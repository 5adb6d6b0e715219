import Glibc
import Linux
import Testing
@testable import WebSockets

/// A folder that is gone with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    let base = Process.environment("TMPDIR") ?? P_tmpdir
    var template = Array((base + "/auricle-test-XXXXXX").utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func file(_ name: String, _ text: String? = nil) throws -> String {
    let file = path + "/" + name
    if let text { try Files.replace(file, with: Array(text.utf8)) }
    return file
  }

  deinit {
    for name in (try? Files.list(path)) ?? [] { unlink(path + "/" + name) }
    rmdir(path)
  }
}

/// A certificate authority of the openssl program, for one test.
final class TestAuthority {
  let folder: TemporaryFolder
  let file: String
  private var count = 0

  struct Certificate {
    let file: String
    let key: String
  }

  init(_ name: String = "Test authority") throws {
    folder = try TemporaryFolder()
    file = try folder.file("authority.pem")
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-keyout", folder.file("authority.key"), "-out", file, "-days", "30", "-subj", "/CN=\(name)")
    _ = try folder.file("index.txt", "")
    _ = try folder.file("serial", "01")
    _ = try folder.file(
      "authority.conf",
      """
      [ca]
      default_ca = us
      [us]
      database = \(folder.path)/index.txt
      serial = \(folder.path)/serial
      new_certs_dir = \(folder.path)
      default_md = sha256
      policy = anything
      copy_extensions = copy
      unique_subject = no
      [anything]
      commonName = supplied
      """)
  }

  /// A certificate for `name` (empty: for its common name alone), valid between two days (years of four digits).
  func certificate(
    _ name: String = "DNS:localhost,IP:127.0.0.1", common: String = "agent", from: Int = 2020,
    until: Int = 2049, purpose: String = "serverAuth,clientAuth",
    key: [String] = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
  )
    throws -> Certificate
  {
    count += 1
    let result = Certificate(
      file: try folder.file("leaf\(count).pem"), key: try folder.file("leaf\(count).key"))
    let request = try folder.file("leaf\(count).csr")
    try openssl(
      ["req", "-newkey"] + key + [
        "-nodes", "-keyout", result.key, "-out", request, "-subj", "/CN=\(common)", "-addext",
        "extendedKeyUsage=\(purpose)",
      ] + (name.isEmpty ? [] : ["-addext", "subjectAltName=\(name)"]))
    try openssl(
      "ca", "-batch", "-notext", "-config", folder.file("authority.conf"), "-cert",
      file,
      "-keyfile", folder.file("authority.key"), "-in", request, "-out", result.file, "-startdate",
      "\(from)0101000000Z", "-enddate", "\(until)0101000000Z")
    return result
  }

  func selfSigned() throws -> Certificate {
    let result = Certificate(file: try folder.file("self.pem"), key: try folder.file("self.key"))
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
      "-keyout", result.key, "-out", result.file, "-days", "30", "-subj", "/CN=agent", "-addext",
      "subjectAltName=DNS:localhost")
    return result
  }

  private func openssl(_ arguments: String...) throws { try openssl(arguments) }

  private func openssl(_ arguments: [String]) throws {
    let errors = try folder.file("openssl.log")
    var child = try ChildProcess.start("openssl", arguments, errorFile: errors)
    let code = child.wait()
    let told = String(decoding: try Files.read(errors), as: UTF8.self)
    try #require(code == 0, "\(told)")
  }
}

/// A server and a link to it on one loop, and what they told.
final class LinkBench {
  static let limit: Int64 = 30_000
  static let subprotocol = "auricle.v1"

  let loop: EventLoop
  private(set) var server: SocketServer!
  private(set) var link: ServerLink!
  private(set) var opened = 0
  private(set) var received: [(isText: Bool, bytes: [UInt8])] = []
  private(set) var failures: [LinkFailure] = []
  private(set) var roundTrips: [Int64] = []
  private var address: ServerAddress!
  private(set) var served: [(connection: SocketServer.Connection, event: SocketServer.Event)] = []
  /// Called after each event of either side.
  var onEvent: () -> Void = {}
  /// What the server answers each message with.
  var answer: (([UInt8], Bool) -> Void)?

  init(
    heartbeat: EventLoop.Heartbeat = .init(), mostDescriptors: Int = EventLoop.mostDescriptors
  ) throws {
    loop = try EventLoop(heartbeat: heartbeat, mostDescriptors: mostDescriptors)
  }

  func serve(
    _ certificate: TestAuthority.Certificate? = nil, port: Int32 = 0, maximumMessage: Int = 65_536,
    maximumQueueBytes: Int = 1 << 20, interface: String? = "127.0.0.1",
    limits: SocketServer.Limits = .init(), service: SocketServer.Service? = nil
  ) throws {
    server = try SocketServer(
      on: loop, port: port, certificateFile: certificate?.file, keyFile: certificate?.key,
      interface: interface, subprotocol: LinkBench.subprotocol, path: "/auricle",
      maximumMessage: maximumMessage, maximumQueueBytes: maximumQueueBytes, limits: limits,
      service: service
    ) { [unowned self] connection, event in
      served.append((connection, event))
      onEvent()
    }
  }

  func makeLink(
    to url: String, caFile: String? = nil, trust: TLSTrust = TLSTrust(),
    patience: ConnectPatience = .ofTests, subprotocol: String = LinkBench.subprotocol,
    maximumMessage: Int = 65_536, maximumQueueBytes: Int = 1 << 20
  ) throws {
    address = try ServerAddress(url: url)
    var trust = trust
    if let caFile { trust.caFile = caFile }
    link = ServerLink(
      on: loop, trust: trust, patience: patience, subprotocol: subprotocol,
      maximumMessage: maximumMessage, maximumQueueBytes: maximumQueueBytes
    ) { [unowned self] event in
      switch event {
      case .opened: opened += 1
      case .received(let isText, let bytes): received.append((isText, bytes))
      case .pong(let microseconds): roundTrips.append(microseconds)
      case .closed(let failure): failures.append(failure)
      }
      onEvent()
    }
  }

  func connect(
    headers: [RequestHeader] = [], clock: ClockReading = .now, at known: [String]? = nil
  ) { link.connect(to: address, headers: headers, clock: clock, at: known) }

  /// Connects to the own server and waits for the end of that.
  func open(caFile: String? = nil, isSecure: Bool = true, host: String = "localhost") throws {
    try makeLink(to: "\(isSecure ? "wss" : "ws")://\(host):\(server.port)/auricle", caFile: caFile)
    connect()
    try wait { self.link.isOpen && self.connection != nil || !self.failures.isEmpty }
  }

  /// Runs the loop until `condition` holds; fails after `limit`.
  func wait(_ condition: @escaping () -> Bool) throws {
    if condition() { return }
    onEvent = { [unowned self] in if condition() { loop.stop() } }
    defer { onEvent = {} }
    try #require(loop.run(atMostMilliseconds: LinkBench.limit), "waited too long")
  }

  /// Runs the loop for a while, to see that nothing more comes.
  func linger(milliseconds: Int64 = 50) { _ = loop.run(atMostMilliseconds: milliseconds) }

  /// The server's last connection that is still there.
  var connection: SocketServer.Connection? {
    var open: SocketServer.Connection?
    for (connection, event) in served {
      switch event {
      case .opened: open = connection
      case .closed: if open == connection { open = nil }
      case .received: break
      }
    }
    return open
  }

  var servedMessages: [[UInt8]] {
    served.compactMap { if case .received(_, let bytes) = $0.event { bytes } else { nil } }
  }
}

extension ConnectPatience {
  /// On a busy machine a test may not run for seconds.
  static let ofTests = {
    var patience = ConnectPatience()
    patience.lookupMilliseconds = LinkBench.limit
    patience.connectMilliseconds = LinkBench.limit
    patience.handshakeMilliseconds = LinkBench.limit
    patience.upgradeMilliseconds = LinkBench.limit
    return patience
  }()
}

extension LinkBench {
  /// This process's descriptors of sockets at the server's port, of either side. Other tests run
  /// beside this one and open others.
  func openSockets() throws -> Int {
    var inodes: Set<String> = []
    for table in ["/proc/self/net/tcp", "/proc/self/net/tcp6"] {
      let text = String(decoding: try Files.read(table, limit: 1 << 22), as: UTF8.self)
      for line in text.split(separator: "\n").dropFirst() {
        let fields = line.split(separator: " ")
        guard fields.count > 9 else { continue }
        let ports = fields[1...2].compactMap {
          Int32($0.split(separator: ":").last ?? "", radix: 16)
        }
        if ports.contains(server.port) { inodes.insert("socket:[\(fields[9])]") }
      }
    }
    return try Files.list("/proc/self/fd").count { name in
      var target = [CChar](repeating: 0, count: 64)
      guard readlink("/proc/self/fd/\(name)", &target, target.count - 1) > 0 else { return false }
      return target.withUnsafeBufferPointer { inodes.contains(String(cString: $0.baseAddress!)) }
    }
  }
}
