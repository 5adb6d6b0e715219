/// What there is and what is used, on its way from the daemon to the command line: names and values.
public struct CardReport: Equatable, Sendable {
  /// More cards and devices than these are counted, not told: a board has three.
  public static let mostCards = 8
  public static let mostDevices = 6

  public var cards: [CardFacts]
  /// How many there are beyond these.
  public var leftOut = 0
  public var microphone = Half()
  public var loudspeaker = Half()

  /// One side: what is wished, and what came of it.
  public struct Half: Equatable, Sendable {
    public var wish = ""
    /// ALSA's name of what is used, or empty.
    public var name = ""
    /// The kernel's number of its card, or nil.
    public var card: Int?
    public var device: Int?
    /// Why this one; or why none.
    public var reason = ""
    /// What is doubtful about it, or what to do.
    public var advice = ""

    public init() {}

    public init(_ wish: CardWish, _ choice: Result<CardPick, NoCard>) {
      self.wish = wish.text
      switch choice {
      case .success(let pick):
        name = pick.alsaName
        card = pick.card?.number
        device = pick.device
        reason = pick.reason
        advice = pick.doubt
      case .failure(let none):
        reason = none.reason
        advice = none.advice
      }
    }
  }

  public init(cards: [CardFacts]) {
    self.cards = Array(cards.prefix(CardReport.mostCards))
    leftOut = max(0, cards.count - CardReport.mostCards)
    for index in self.cards.indices
    where self.cards[index].pcms.count > CardReport.mostDevices {
      self.cards[index].pcms.removeLast(self.cards[index].pcms.count - CardReport.mostDevices)
    }
  }

  public subscript(side: Side) -> Half {
    get { side == .microphone ? microphone : loudspeaker }
    set { if side == .microphone { microphone = newValue } else { loudspeaker = newValue } }
  }

  // MARK: To names and values

  public func encode(_ add: (String, String) -> Void) {
    add("cards", String(cards.count))
    if leftOut > 0 { add("left_out", String(leftOut)) }
    for side in Side.allCases { encode(self[side], side.word, add) }
    for (place, card) in cards.enumerated() { encode(card, "card.\(place)", add) }
  }

  private func encode(_ half: Half, _ key: String, _ add: (String, String) -> Void) {
    add(key, half.name)
    add("\(key).wish", half.wish)
    if let card = half.card { add("\(key).card", String(card)) }
    if let device = half.device { add("\(key).device", String(device)) }
    add("\(key).reason", half.reason)
    if !half.advice.isEmpty { add("\(key).advice", half.advice) }
  }

  private func encode(_ card: CardFacts, _ key: String, _ add: (String, String) -> Void) {
    add("\(key).number", String(card.number))
    add("\(key).id", card.id)
    add("\(key).name", card.name)
    add("\(key).long_name", card.longName)
    add("\(key).driver", card.driver)
    add("\(key).bus", card.bus.word)
    if let usb = card.usb {
      add("\(key).usb_path", usb.path)
      add("\(key).usb_id", usb.id)
      if !usb.serial.isEmpty { add("\(key).usb_serial", usb.serial) }
    }
    for (place, pcm) in card.pcms.enumerated() { encode(pcm, "\(key).pcm.\(place)", add) }
  }

  private func encode(_ pcm: PCMFacts, _ key: String, _ add: (String, String) -> Void) {
    add("\(key).side", pcm.side.word)
    add("\(key).device", String(pcm.device))
    add("\(key).name", pcm.name)
    if let ability = pcm.ability {
      add("\(key).rates", CardReport.joined(ability.rates.map { String($0) }))
      add("\(key).formats", CardReport.joined(ability.formats))
      add("\(key).channels", "\(ability.channels.lowerBound)-\(ability.channels.upperBound)")
    }
    switch pcm.use {
    case .free: add("\(key).use", "free")
    case .held(let holder):
      add("\(key).use", holder.isOurs ? "ours" : "held")
      add("\(key).process", String(holder.process))
      add("\(key).program", holder.name)
    case .refused(let reason):
      add("\(key).use", "refused")
      add("\(key).refusal", reason)
    case .unknown: break
    }
  }

  private static func joined(_ words: [String]) -> String {
    var text = ""
    for word in words { text += (text.isEmpty ? "" : " ") + word }
    return text
  }

  // MARK: And back

  /// What a newer or broken daemon leaves out is empty.
  public static func decode(_ value: (String) -> String?) -> CardReport? {
    guard let count = value("cards").flatMap({ Int($0) }), 0...mostCards ~= count else {
      return nil
    }
    var report = CardReport(cards: (0..<count).map { card("card.\($0)", value) })
    report.leftOut = value("left_out").flatMap { Int($0) } ?? 0
    for side in Side.allCases { report[side] = half(side.word, value) }
    return report
  }

  private static func half(_ key: String, _ value: (String) -> String?) -> Half {
    var half = Half()
    half.name = value(key) ?? ""
    half.wish = value("\(key).wish") ?? ""
    half.card = value("\(key).card").flatMap { Int($0) }
    half.device = value("\(key).device").flatMap { Int($0) }
    half.reason = value("\(key).reason") ?? ""
    half.advice = value("\(key).advice") ?? ""
    return half
  }

  private static func card(_ key: String, _ value: (String) -> String?) -> CardFacts {
    func text(_ name: String) -> String { value("\(key).\(name)") ?? "" }
    var card = CardFacts(
      number: Int(text("number")) ?? -1, id: text("id"), name: text("name"),
      longName: text("long_name"), driver: text("driver"))
    let bus = text("bus")
    for known in [CardFacts.Bus.platform, .pci, .pretended] where bus.isSame(as: known.word) {
      card.bus = known
    }
    let ids = text("usb_id").parts(by: ":")
    if bus.isSame(as: "usb"), ids.count == 2, let vendor = CardWish.hex(ids[0]),
      let product = CardWish.hex(ids[1])
    {
      card.bus = .usb(
        USBIdentity(
          path: text("usb_path"), vendor: vendor, product: product, serial: text("usb_serial")))
    }
    for place in 0..<mostDevices {
      guard let pcm = pcm("\(key).pcm.\(place)", value) else { break }
      card.pcms.append(pcm)
    }
    return card
  }

  private static func pcm(_ key: String, _ value: (String) -> String?) -> PCMFacts? {
    guard let word = value("\(key).side"),
      let side = Side.allCases.first(where: { $0.word.isSame(as: word) }),
      let device = value("\(key).device").flatMap({ Int($0) })
    else { return nil }
    var pcm = PCMFacts(device: device, side: side, name: value("\(key).name") ?? "")
    if let rates = value("\(key).rates"), let formats = value("\(key).formats"),
      let channels = value("\(key).channels").flatMap({ range($0) })
    {
      pcm.ability = PCMAbility(
        rates: words(rates).compactMap { Int($0) }, formats: words(formats), channels: channels)
    }
    let use = value("\(key).use") ?? ""
    if use.isSame(as: "free") { pcm.use = .free }
    if use.isSame(as: "refused") { pcm.use = .refused(reason: value("\(key).refusal") ?? "") }
    if use.isSame(as: "ours") || use.isSame(as: "held") {
      pcm.use = .held(
        Holder(
          process: value("\(key).process").flatMap { Int($0) } ?? 0,
          name: value("\(key).program") ?? "", isOurs: use.isSame(as: "ours")))
    }
    return pcm
  }

  private static func words(_ text: String) -> [String] {
    text.parts(by: " ").filter { !$0.isEmpty }
  }

  private static func range(_ text: String) -> ClosedRange<Int>? {
    let parts = text.parts(by: "-").compactMap { Int($0) }
    return parts.count == 2 && parts[0] <= parts[1] ? parts[0]...parts[1] : nil
  }
}
