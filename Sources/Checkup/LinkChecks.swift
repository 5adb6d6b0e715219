internal import Acoustics
internal import ControlProtocol

// The agent's side of it.

extension Checkup {
  /// Days before the end at which somebody should know.
  static let renewal = (remark: 21, wrong: 3)

  private enum Blame { case agent, token, certificate, ownCertificate }

  /// Which part a trouble of the link belongs to, by its code.
  private var blame: Blame? {
    guard let code = text("link_code"), text("link_reason") != nil else { return nil }
    for certificate in [
      "expired-certificate", "certificate-not-yet-valid", "certificate-wrong-clock",
      "wrong-name", "unfit-certificate", "unknown-authority", "self-signed", "wrong-pin",
      "bad-authority-file",
    ] where code.isSame(as: certificate) { return .certificate }
    for own in [
      "bad-own-certificate", "own-certificate-refused", "expired-own-certificate",
      "unknown-own-certificate",
    ] where code.isSame(as: own) { return .ownCertificate }
    return code.isSame(as: "token") ? .token : .agent
  }

  private var isConnected: Bool { text("session") != nil }

  private func trouble(_ part: String) -> Finding {
    Finding(
      part, .wrong, text("link_code") ?? "link", text("link_reason") ?? "",
      advice: text("link_advice") ?? "")
  }

  var agent: Finding {
    let part = "agent"
    if blame == .agent { return trouble(part) }
    let address = text("agent") ?? "not known"
    if isConnected {
      var says = "connected to \(text("agent_name") ?? address)"
      if let there = facts.daemon?.number("round_trip_ms"), there > 0 {
        says += ", \(there) ms there and back"
      }
      return .good(part, says)
    }
    if facts.daemon?.flag("resting") == true {
      return .good(part, "\(address), resting until somebody speaks")
    }
    if blame != nil { return .unknown(part, "\(address): not reached, see below") }
    return Finding(
      part, .remark, "connecting", "\(address): not connected yet",
      advice: "check again in a moment")
  }

  var token: Finding {
    let part = "token"
    if blame == .token { return trouble(part) }
    guard let kind = text("token") else { return .unknown(part, "not known") }
    if kind.isSame(as: "none") { return .good(part, "none is needed") }
    if kind.isSame(as: "key") { return .good(part, "a key that never runs out, for debugging") }
    guard let left = facts.daemon?.number("token_left_ms") else {
      return .unknown(part, "none was given yet")
    }
    if left <= 0 {
      return Finding(
        part, .wrong, "expired-token", "it has run out, and there is no new one",
        advice: "does the broker at broker.url answer?")
    }
    return .good(part, "good for \(span(left / 1_000)), and renewed before that")
  }

  var certificate: Finding {
    let part = "certificate"
    if clock.grade == .wrong, trueTime == nil {
      return .unknown(part, "cannot be judged while the clock is wrong")
    }
    if blame == .certificate { return trouble(part) }
    guard let end = facts.daemon?.number("certificate_ends") else {
      return .unknown(part, isConnected ? "none: the agent is reached without TLS" : "not seen yet")
    }
    return judge(part, ends: end, whose: "the agent's", code: "expired-certificate")
  }

  var ownCertificate: Finding? {
    let part = "own cert"
    if blame == .ownCertificate { return trouble(part) }
    if let problem = text("own_certificate_problem") {
      return Finding(
        part, .wrong, "bad-own-certificate", problem,
        advice: "check device.certificate and device.key")
    }
    guard let end = facts.daemon?.number("own_certificate_ends") else { return nil }
    return judge(part, ends: end, whose: "the device's", code: "expired-own-certificate")
  }

  /// By the agent's word, which is better than a clock that may be wrong.
  private var trueTime: Int64? {
    facts.daemon?.number("clock_offset_ms").map { facts.board.now + $0 / 1_000 }
  }

  private func judge(_ part: String, ends: Int64, whose: String, code: String) -> Finding {
    guard clock.grade < .wrong || trueTime != nil else {
      return .unknown(part, "cannot be judged while the clock is wrong")
    }
    let left = ends - (trueTime ?? facts.board.now)
    let day = Day.text(ends)
    if left <= 0 {
      return Finding(
        part, .wrong, code, "\(whose) ran out on \(day)",
        advice: "renew it, or is this device's clock wrong?")
    }
    let days = left / 86_400
    let says = "\(whose) ends in \(days) \(days == 1 ? "day" : "days"), on \(day)"
    if days < Checkup.renewal.remark {
      return Finding(
        part, days < Checkup.renewal.wrong ? .wrong : .remark, "certificate-ends-soon", says,
        advice: "renew it")
    }
    return .good(part, says)
  }
}
