internal import DeviceLink
internal import Linux
internal import Settings
internal import VoiceCore
internal import WebSockets
internal import WireProtocols

/// Gets tokens from the broker and keeps the last one, in memory and nowhere else.
final class TokenDesk {
  enum Outcome {
    case granted(lifetime: SampleSpan)
    case refused(LinkLoss)
  }

  /// Without a broker: the agent of the settings, and the key for debugging if there is one.
  private let broker: ServerAddress?
  private let secretFile: String
  private let keyFile: String
  private let body: [UInt8]
  private let agent: ServerAddress
  private let request: WebRequest
  /// Who waits for the answer that is on its way: the last who asked.
  private var waiting: (Outcome) -> Void = { _ in }
  private var grant: (address: ServerAddress, headers: [RequestHeader])?
  /// How long a turn may be with the token we have; nil: as long as the settings and the agent allow.
  private(set) var longestTurn: SampleSpan?
  private var endsAt: Int64?
  /// Of its troubles, for programs.
  private static let code = "token"

  init(on loop: EventLoop, _ settings: DeviceSettings) throws(LinkError) {
    agent = try ServerAddress(url: settings.agent.url)
    broker = settings.broker.url.isEmpty ? nil : try ServerAddress(https: settings.broker.url)
    secretFile = settings.broker.secretFile
    keyFile = settings.agent.keyFile
    var json = JSONWriter()
    json.openObject()
    json.add("device", settings.device.name)
    json.closeObject()
    body = json.bytes
    request = WebRequest(on: loop, who: "the token broker", trust: TLSTrust(settings))
  }

  var hasBroker: Bool { broker != nil }
  /// What opens the agent's door, in a word.
  var kind: String { hasBroker ? "broker" : keyFile.isEmpty ? "none" : "key" }
  /// How long the token we have is good for yet, in milliseconds; nil while there is none.
  var left: Int64? { endsAt.map { $0 - MonotonicClock.milliseconds() } }
  /// Of the agent; of the broker, which says where the agent is, until it did.
  var address: String { (grant?.address ?? broker ?? agent).description }

  var adviceWhenRefused: String {
    if hasBroker { return "a new token is asked for" }
    return keyFile.isEmpty
      ? "this agent lets in who shows a token: set broker.url, and broker.secret_file or device.certificate"
      : "is the key in agent.key_file right?"
  }

  /// Where to connect, and what to show there.
  func target() throws(SecretProblem) -> (ServerAddress, [RequestHeader]) {
    if let grant { return (grant.address, grant.headers) }
    guard !keyFile.isEmpty else { return (agent, []) }
    return (agent, [try TokenDesk.proof(keyFile)])
  }

  /// Read each time: it may have been replaced.
  private static func proof(_ file: String) throws(SecretProblem) -> RequestHeader {
    let secret = try SecretFile.read(file)
    guard let header = RequestHeader("Authorization", "Bearer \(secret)") else {
      throw SecretProblem("\(file) holds no secret", advice: "write it as one line of ASCII")
    }
    return header
  }

  func mint(judgedBy clock: ClockReading, then: @escaping (Outcome) -> Void) {
    guard let broker else { return }
    waiting = then
    guard !request.isUnderWay else { return }
    var headers: [RequestHeader] = []
    do throws(SecretProblem) {
      if let type = RequestHeader("Content-Type", "application/json") { headers.append(type) }
      if !secretFile.isEmpty { headers.append(try TokenDesk.proof(secretFile)) }
    } catch {
      return then(.refused(LinkLoss(error.reason, advice: error.advice, code: TokenDesk.code)))
    }
    request.post(to: broker, headers: headers, body: body, clock: clock) {
      [unowned(unsafe) self] outcome in
      switch outcome {
      case .failed(let failure):
        // Certificates have their own words, whoever shows them.
        let code = if case .tls = failure.kind { failure.code } else { TokenDesk.code }
        waiting(
          .refused(
            LinkLoss(
              "token broker: \(failure.reason)", topic: "token broker: \(failure.summary)",
              advice: failure.advice, code: code)))
      case .answered(let answer): waiting(take(answer))
      }
    }
  }

  private func take(_ answer: WebRequest.Answer) -> Outcome {
    guard answer.status == 200 else { return .refused(TokenDesk.refusal(answer)) }
    do throws(BrokerAnswerError) {
      let answer = try BrokerAnswer.read(answer.body)
      let address: ServerAddress
      do throws(LinkError) { address = try ServerAddress(url: answer.url) } catch {
        return .refused(
          LinkLoss(
            "token broker: \(error.description)", advice: "correct the broker",
            code: TokenDesk.code))
      }
      var headers: [RequestHeader] = []
      for header in answer.headers {
        if let header = RequestHeader(header.name, header.value) { headers.append(header) }
      }
      grant = (address, headers)
      longestTurn = answer.overrides.longestTurnMilliseconds.map { .milliseconds($0) }
      endsAt = MonotonicClock.milliseconds() + Int64(answer.expiresInMilliseconds)
      return .granted(lifetime: .milliseconds(answer.expiresInMilliseconds))
    } catch {
      return .refused(
        LinkLoss(
          error.description, advice: "is it a broker of ours that listens at broker.url?",
          code: TokenDesk.code))
    }
  }

  private static func refusal(_ answer: WebRequest.Answer) -> LinkLoss {
    let reason = BrokerAnswer.refusal(answer.body) ?? "it gave no reason"
    let advice: String =
      switch answer.status {
      case 400: "does the broker know a device.name like this one? Letters, digits, . _ - are safe"
      case 401, 403:
        "is device.name the one the broker knows, and broker.secret_file or device.certificate the proof it wants?"
      case 404, 405: "check the path in broker.url"
      case 429: "this device asks too often; it will ask again"
      case 500...599: "the broker has trouble; it will be asked again"
      default: "check broker.url"
      }
    var loss = LinkLoss(
      "token broker: status \(answer.status), \(reason)", advice: advice, code: TokenDesk.code)
    loss.needsRoom = answer.status == 429 || answer.status >= 500
    loss.needsSomebody = !loss.needsRoom
    loss.shortestWait = .seconds(Int64(answer.retryAfterSeconds))
    return loss
  }
}
