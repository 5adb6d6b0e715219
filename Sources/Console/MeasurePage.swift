internal import Acoustics
internal import Checkup
internal import ControlProtocol

/// `auricle sound measure`: the figures behind the acoustic lines of a check.
struct MeasurePage {
  let fields: Fields
  let measured: Measurement
  let findings: [Finding]

  /// Nil where the daemon's answer is not understood.
  init?(_ fields: Fields) {
    guard let measured = Measurement(fields) else { return nil }
    self.fields = fields
    self.measured = measured
    findings =
      AcousticWords(
        measured, volume: fields.number("volume").map { Int(clamping: $0) },
        earlier: Checkup.earlier(fields)
      ).findings
  }

  /// Nil where it is what later ones are compared with.
  var whyNotAccepted: String? {
    if fields.flag("accepted") == true { return nil }
    if let why = fields["accepted_why"], !why.isEmpty { return why }
    for finding in findings where finding.grade == page.worst && finding.grade >= .remark {
      return "\(finding.part): \(finding.says)"
    }
    return "nothing of the loudspeaker was heard"
  }

  var page: CheckPage { CheckPage(findings: findings, measured: fields) }

  func lines(on screen: Screen) -> [String] {
    var lines = page.lines(on: screen) + [""]
    func add(_ name: String, _ text: String?) {
      if let text { lines.append(screen.painted(Words.leftAligned(name, 21), .dim) + text) }
    }
    let echo = measured.echo
    add("sent, heard", "\(decibels(measured.playedDecibels)), \(decibels(measured.heardDecibels))")
    add("noise, voltage", "\(decibels(measured.noiseDecibels)), \(percent(measured.offset))")
    add("room's answer", echo?.decay.map { "\(Figure.text($0)) ms until 60 dB are gone" })
    add("distortion", echo?.distortion.map { percent($0) })
    if let earlier = Checkup.earlier(fields) {
      add(
        "when installed",
        "\(decibels(earlier.gainDecibels)), \(Words.harmless(fields["installed_delay_ms"] ?? "")) ms, on \(earlier.day)"
      )
    }
    return lines
  }

  private func decibels(_ value: Double) -> String {
    value < -200 ? "nothing" : "\(Figure.text(value, places: 1)) dB"
  }
  private func percent(_ part: Double) -> String { "\(Figure.text(part * 100, places: 2)) %" }
}
