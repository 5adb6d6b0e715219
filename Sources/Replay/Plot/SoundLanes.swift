internal import Picture
internal import VoiceCore

/// The lanes of a `HearingPicture` that show sound and what was made of it.
extension HearingPicture {
  mutating func sound(_ plan: Plan) {
    let scale = HearingPicture.scale(of: trace.mic)
    name("microphone", HearingPicture.level(trace.mic), in: plan.mic)
    wave(trace.mic, in: plan.mic, scale: scale, Palette.echo)
    // On the same scale, so that what is left of the echo can be compared.
    wave(trace.clean, in: plan.mic, scale: scale, Palette.visitor)
    clipping(in: plan.mic)
    guard reference != nil else { return }
    name("loudspeaker", HearingPicture.level(trace.reference), in: plan.reference)
    wave(
      trace.reference, in: plan.reference, scale: HearingPicture.scale(of: trace.reference),
      Palette.agent)
  }

  private mutating func wave(
    _ peaks: [HearingTrace.Peaks], in lane: Plan.Lane, scale: Double, _ colour: String
  ) {
    guard !peaks.isEmpty else { return }
    let reach = lane.height / 2 - 3
    let step = Double(trace.width) / Double(peaks.count)
    var points: [(x: Double, y: Double)] = []
    points.reserveCapacity(2 * peaks.count)
    // Half a pixel at least, so that silence is a line.
    for (index, peak) in peaks.enumerated() {
      let high = min(reach, max(0.4, Double(peak.high) * scale * reach))
      points.append((HearingPicture.left + (Double(index) + 0.5) * step, lane.middle - high))
    }
    for (index, peak) in peaks.enumerated().reversed() {
      let low = min(reach, max(0.4, -Double(peak.low) * scale * reach))
      points.append((HearingPicture.left + (Double(index) + 0.5) * step, lane.middle + low))
    }
    if points.count == 2 { points.insert((points[0].x + 1, lane.middle), at: 1) }
    drawing.shape(points, colour)
  }

  /// The lane is filled by what is usual at its loudest: a single click must not make the rest small.
  private static func scale(of peaks: [HearingTrace.Peaks]) -> Double {
    var heights = peaks.map { loudest($0) }
    heights.sort()
    guard let most = heights.last else { return 1 }
    let usual = heights[heights.count * 98 / 100]
    // Noise alone does not fill the lane: 100 is -50 dB.
    return 1 / Double(max(100, min(most, usual * 3 / 2)))
  }

  private static func loudest(_ peak: HearingTrace.Peaks) -> Int {
    max(Int(peak.high), -Int(peak.low))
  }

  /// `peak -3.2 dB`
  private static func level(_ peaks: [HearingTrace.Peaks]) -> String {
    var most = 0
    for peak in peaks { most = max(most, loudest(peak)) }
    guard most > 0 else { return "silent" }
    return "peak \(Decimal.text(6.0206 * (log2(Float(most)) - 15), places: 0)) dB"
  }

  /// Marks where the microphone was overdriven.
  private mutating func clipping(in lane: Plan.Lane) {
    var clipped = Spans()
    let step = trace.seconds / Double(max(1, trace.mic.count))
    for (index, peak) in trace.mic.enumerated() where HearingPicture.loudest(peak) >= 32_767 {
      let start = Double(index) * step
      clipped.add(start, start + step, within: step)
    }
    for span in clipped.spans {
      drawing.rectangle(
        x(span.start), lane.top, wide(span), 3, Palette.alarm, hint: "the microphone is overdriven")
    }
  }

  mutating func probability(in lane: Plan.Lane) {
    name("speech", "probability", in: lane)
    func y(_ value: Float) -> Double { lane.bottom - 3 - Double(value) * (lane.height - 6) }
    for (value, meaning) in [(thresholds.on, "begins"), (thresholds.off, "ends")] {
      drawing.line(HearingPicture.left, y(value), end, y(value), Palette.faint, dashed: true)
      drawing.text(
        "\(Decimal.text(value, places: 2)) \(meaning)", end + 8, y(value) + 4, Palette.faint,
        size: 10.5)
    }
    drawing.text("1", end + 8, y(1) + 6, Palette.faint, size: 10.5)
    drawing.text("0", end + 8, y(0) + 2, Palette.faint, size: 10.5)
    guard !trace.bins.isEmpty else { return }
    let step = Double(trace.width) / Double(trace.bins.count)
    var band: [(x: Double, y: Double)] = []
    var area: [(x: Double, y: Double)] = [(HearingPicture.left, y(0))]
    var curve: [(x: Double, y: Double)] = []
    for (index, bin) in trace.bins.enumerated() {
      let place = HearingPicture.left + (Double(index) + 1) * step
      let mean = y(bin.sum / max(1, bin.count))
      band.append((place, y(bin.highest)))
      curve.append((place, mean))
      area.append((place, mean))
    }
    area.append((end, y(0)))
    for (index, bin) in trace.bins.enumerated().reversed() {
      band.append((HearingPicture.left + (Double(index) + 1) * step, y(bin.lowest)))
    }
    drawing.shape(area, Palette.visitor, opacity: 0.18)
    // Where several frames share a pixel: from the least to the most of them.
    if trace.bins.contains(where: { $0.count > 1 }) {
      drawing.shape(band, Palette.visitor, opacity: 0.35)
    }
    drawing.curve(curve, Palette.visitor, width: 1.2)
  }

  // MARK: What is known of the room

  mutating func tracks(_ plan: Plan) {
    track(plan.delay, "echo delay", "ms", least: 8, places: 1) { $0.delay }
    track(plan.drift, "clock drift", "ppm", least: 10, places: 0) { $0.drift }
    track(plan.echoReduction, "echo taken out", "dB", least: 10, places: 0) { $0.echoReduction }
  }

  /// - Parameter least: what the lane spans at least: a tremble must not look like a storm.
  private mutating func track(
    _ lane: Plan.Lane, _ title: String, _ unit: String, least: Float, places: Int,
    _ value: (HearingTrace.Bin) -> Float?
  ) {
    guard lane.height > 0 else { return }
    var lowest = Float.infinity
    var highest = -Float.infinity
    var last: Float = 0
    for bin in trace.bins {
      guard let known = value(bin) else { continue }
      lowest = min(lowest, known)
      highest = max(highest, known)
      last = known
    }
    guard highest >= lowest else { return }
    if highest - lowest < least {
      let middle = (highest + lowest) / 2
      lowest = middle - least / 2
      highest = middle + least / 2
    }
    drawing.rectangle(
      HearingPicture.left, lane.top, Double(trace.width), lane.height, Palette.lane, opacity: 0.6)
    name(title, unit, in: lane)
    func y(_ value: Float) -> Double {
      lane.bottom - 5 - Double((value - lowest) / (highest - lowest)) * (lane.height - 10)
    }
    let step = Double(trace.width) / Double(trace.bins.count)
    var points: [(x: Double, y: Double)] = []
    for (index, bin) in trace.bins.enumerated() {
      if let known = value(bin) {
        points.append((HearingPicture.left + (Double(index) + 1) * step, y(known)))
      } else {
        drawing.curve(points, Palette.ink, width: 1.3)
        points.removeAll()
      }
    }
    drawing.curve(points, Palette.ink, width: 1.3)
    drawing.text(
      Decimal.text(highest, places: places), end + 8, lane.top + 10, Palette.faint, size: 10.5)
    drawing.text(
      Decimal.text(lowest, places: places), end + 8, lane.bottom, Palette.faint, size: 10.5)
    drawing.text(
      Decimal.text(last, places: places), end + 40, lane.middle + 4, Palette.ink, size: 11.5,
      bold: true)
  }
}
