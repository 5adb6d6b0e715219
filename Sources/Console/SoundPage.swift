internal import ControlProtocol
internal import Linux
internal import Settings
internal import SoundCards
internal import WireProtocols

/// `auricle sound list`: what there is, what it can do, and which of it is used.
struct SoundPage {
  private let report: CardReport

  init(_ report: CardReport) {
    var report = report
    // The daemon's sandbox may hide from it what we can see.
    for card in report.cards.indices {
      for pcm in report.cards[card].pcms.indices {
        guard case .held(var holder) = report.cards[card].pcms[pcm].use, holder.process > 0,
          holder.name.isEmpty
        else { continue }
        holder.name = Process.name(of: holder.process) ?? ""
        report.cards[card].pcms[pcm].use = .held(holder)
      }
    }
    self.report = report
  }

  // MARK: For people

  func lines(on screen: Screen) -> [String] {
    var lines: [String] = []
    for side in Side.allCases { lines += half(side, on: screen) }
    for card in report.cards {
      lines.append("")
      lines += self.lines(of: card, on: screen)
    }
    if report.cards.isEmpty { lines += ["", "no sound card is here"] }
    if report.leftOut > 0 {
      lines += ["", "and \(Words.count(Int64(report.leftOut), "more card", "more cards"))"]
    }
    return lines
  }

  private func half(_ side: Side, on screen: Screen) -> [String] {
    let half = report[side]
    let name = screen.painted(Words.leftAligned(side.word, 13), .dim)
    let isMissing = half.name.isEmpty
    var what = isMissing ? "none" : Words.harmless(half.name)
    if let card = report.cards.first(where: { $0.number == half.card }) {
      what = Words.harmless(card.name)
      if let device = half.device, device > 0 { what += ", device \(device)" }
    }
    var lines = [
      name + screen.painted(what, isMissing ? .red : .bold) + "   "
        + Words.harmless(half.reason)
    ]
    if !half.advice.isEmpty {
      lines.append(
        String(repeating: " ", count: 13) + screen.painted(Words.harmless(half.advice), .yellow))
    }
    return lines
  }

  private func lines(of card: CardFacts, on screen: Screen) -> [String] {
    var heading = screen.painted(Words.harmless(card.id), .bold) + "   "
    heading += Words.harmless(card.name.isSame(as: card.id) ? card.longName : card.name)
    heading += "   " + SoundPage.place(of: card)
    heading += "   " + screen.painted("card \(card.number)", .dim)
    var lines = [heading]
    for pcm in card.pcms {
      var line = "  " + Words.leftAligned(verb(of: pcm, card), 9)
      if pcm.device > 0 { line += "device \(pcm.device): " }
      line += pcm.ability.map { SoundPage.words(of: $0) } ?? "what it can do is not known"
      if let use = SoundPage.words(of: pcm.use) { line += "; " + use }
      lines.append(isUsed(pcm, card) ? screen.painted(line, .green) : line)
    }
    if card.pcms.isEmpty { lines.append("  neither hears nor speaks") }
    return lines
  }

  private func verb(of pcm: PCMFacts, _ card: CardFacts) -> String {
    (isUsed(pcm, card) ? "* " : "  ") + (pcm.side == .microphone ? "hears" : "speaks")
  }

  private func isUsed(_ pcm: PCMFacts, _ card: CardFacts) -> Bool {
    report[pcm.side].card == card.number && report[pcm.side].device == pcm.device
  }

  private static func place(of card: CardFacts) -> String {
    switch card.bus {
    case .usb(let usb):
      "USB \(usb.path), \(usb.id)"
        + (usb.serial.isEmpty ? "" : ", serial \(Words.harmless(usb.serial))")
    case .platform: "on the board"
    case .pci: "PCI"
    case .pretended: "no hardware; never taken by itself"
    case .unknown: ""
    }
  }

  /// `16 and 48 kHz, 1 channel, 16 bit`
  static func words(of ability: PCMAbility) -> String {
    var rates: [String] = []
    for rate in ability.rates {
      let tenths = Int64(rate / 100)
      rates.append(tenths % 10 == 0 ? "\(tenths / 10)" : Words.fixed(tenths, decimals: 1))
    }
    var text = rates.isEmpty ? "no usual rate" : "\(list(rates)) kHz"
    let (fewest, most) = (ability.channels.lowerBound, ability.channels.upperBound)
    text +=
      fewest == most
      ? ", \(Words.count(Int64(most), "channel", "channels"))" : ", \(fewest) to \(most) channels"
    var depths: [String] = []
    for (depth, formats) in SoundPage.depths
    where ability.formats.contains(where: { given in formats.contains { $0.isSame(as: given) } }) {
      depths.append(depth)
    }
    return text + (depths.isEmpty ? ", \(list(ability.formats))" : ", \(list(depths)) bit")
  }

  private static let depths = [
    ("16", ["S16_LE", "S16_BE"]), ("24", ["S24_LE", "S24_3LE", "S24_BE", "S24_3BE"]),
    ("32", ["S32_LE", "S32_BE"]),
  ]

  private static func list(_ words: [String]) -> String {
    var text = ""
    for (place, word) in words.enumerated() {
      if place > 0 { text += place == words.count - 1 ? " and " : ", " }
      text += Words.harmless(word)
    }
    return text
  }

  private static func words(of use: PCMFacts.Use) -> String? {
    switch use {
    case .free, .unknown: nil
    case .held(let holder) where holder.isOurs || !holder.name.isEmpty:
      "in use by \(Words.harmless(holder.isOurs ? "auricled" : holder.words))"
    case .held(let holder): "in use by \(holder.words): sudo fuser -v /dev/snd/* names it"
    case .refused(let reason): "cannot be opened: \(Words.harmless(reason))"
    }
  }

  // MARK: For programs

  var json: [UInt8] {
    var json = JSONWriter()
    json.openObject()
    for side in Side.allCases { add(report[side], side.word, to: &json) }
    json.openArray("cards")
    for card in report.cards { add(card, to: &json) }
    json.closeArray()
    if report.leftOut > 0 { json.add("left_out", Int64(report.leftOut)) }
    json.closeObject()
    return json.bytes
  }

  private func add(_ half: CardReport.Half, _ key: String, to json: inout JSONWriter) {
    json.openObject(key)
    json.add("wish", half.wish)
    if !half.name.isEmpty { json.add("name", half.name) }
    if let card = half.card { json.add("card", Int64(card)) }
    if let device = half.device { json.add("device", Int64(device)) }
    json.add("reason", half.reason)
    if !half.advice.isEmpty { json.add("advice", half.advice) }
    json.closeObject()
  }

  private func add(_ card: CardFacts, to json: inout JSONWriter) {
    json.openObject()
    json.add("number", Int64(card.number))
    json.add("id", card.id)
    json.add("name", card.name)
    json.add("long_name", card.longName)
    json.add("driver", card.driver)
    json.add("bus", card.bus.word)
    if let usb = card.usb {
      json.add("usb_path", usb.path)
      json.add("usb_id", usb.id)
      if !usb.serial.isEmpty { json.add("usb_serial", usb.serial) }
    }
    json.add("wish", CardWish.naming(card, among: report.cards).text)
    json.openArray("devices")
    for pcm in card.pcms { add(pcm, isUsed(pcm, card), to: &json) }
    json.closeArray()
    json.closeObject()
  }

  private func add(_ pcm: PCMFacts, _ isUsed: Bool, to json: inout JSONWriter) {
    json.openObject()
    json.add("side", pcm.side.word)
    json.add("device", Int64(pcm.device))
    json.add("name", pcm.name)
    json.add("chosen", isUsed)
    if let ability = pcm.ability {
      json.openArray("rates")
      for rate in ability.rates { json.add(nil, Int64(rate)) }
      json.closeArray()
      json.openArray("formats")
      for format in ability.formats { json.add(nil, format) }
      json.closeArray()
      json.add("channels_least", Int64(ability.channels.lowerBound))
      json.add("channels_most", Int64(ability.channels.upperBound))
    }
    switch pcm.use {
    case .free: json.add("use", "free")
    case .held(let holder):
      json.add("use", holder.isOurs ? "ours" : "held")
      if holder.process > 0 { json.add("process", Int64(holder.process)) }
      if !holder.name.isEmpty { json.add("program", holder.name) }
    case .refused(let reason):
      json.add("use", "refused")
      json.add("refusal", reason)
    case .unknown: break
    }
    json.closeObject()
  }
}
