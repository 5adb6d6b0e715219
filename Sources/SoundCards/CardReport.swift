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

  public func encode() -> [(name: String, value: String)] {
    var values = Values()
    values.put("cards", cards.count)
    if leftOut > 0 { values.put("left_out", leftOut) }
    for side in Side.allCases { encode(self[side], side.word, into: &values) }
    for (place, card) in cards.enumerated() {
      values.begin("card.", place)
      encode(card, into: &values)
    }
    return values.all
  }

  /// Names with what stands before them.
  private struct Values {
    var all: [(name: String, value: String)] = []
    var prefix = ""

    mutating func begin(_ name: String, _ place: Int) {
      prefix = [name, String(place), "."].joined()
    }
    @inline(never)
    mutating func put(_ name: String, _ value: String) { all.append((prefix + name, value)) }
    @inline(never)
    mutating func put(_ name: String, _ value: Int) { put(name, String(value)) }
  }

  private func encode(_ half: Half, _ key: String, into values: inout Values) {
    values.put(key, half.name)
    values.prefix = key + "."
    values.put("wish", half.wish)
    if let card = half.card { values.put("card", card) }
    if let device = half.device { values.put("device", device) }
    values.put("reason", half.reason)
    if !half.advice.isEmpty { values.put("advice", half.advice) }
    values.prefix = ""
  }

  private func encode(_ card: CardFacts, into values: inout Values) {
    values.put("number", card.number)
    values.put("id", card.id)
    values.put("name", card.name)
    values.put("long_name", card.longName)
    values.put("driver", card.driver)
    values.put("bus", card.bus.word)
    if let usb = card.usb {
      values.put("usb_path", usb.path)
      values.put("usb_id", usb.id)
      if !usb.serial.isEmpty { values.put("usb_serial", usb.serial) }
    }
    let prefix = values.prefix
    for (place, pcm) in card.pcms.enumerated() {
      values.begin(prefix + "pcm.", place)
      encode(pcm, into: &values)
    }
  }

  private func encode(_ pcm: PCMFacts, into values: inout Values) {
    values.put("side", pcm.side.word)
    values.put("device", pcm.device)
    values.put("name", pcm.name)
    if let ability = pcm.ability {
      values.put("rates", ability.rates.map { String($0) }.joined(by: " "))
      values.put("formats", ability.formats.joined(by: " "))
      let range = [String(ability.channels.lowerBound), String(ability.channels.upperBound)]
      values.put("channels", range.joined(by: "-"))
    }
    switch pcm.use {
    case .free: values.put("use", "free")
    case .held(let holder):
      values.put("use", holder.isOurs ? "ours" : "held")
      values.put("process", holder.process)
      values.put("program", holder.name)
    case .refused(let reason):
      values.put("use", "refused")
      values.put("refusal", reason)
    case .unknown: break
    }
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
    let ids = text("usb_id").parts(by: UInt8(ascii: ":"))
    if bus.isSame(as: "usb"), ids.count == 2, let vendor = ids[0].hexID,
      let product = ids[1].hexID
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
    text.parts(by: UInt8(ascii: " ")).filter { !$0.isEmpty }
  }

  private static func range(_ text: String) -> ClosedRange<Int>? {
    let parts = text.parts(by: UInt8(ascii: "-")).compactMap { Int($0) }
    return parts.count == 2 && parts[0] <= parts[1] ? parts[0]...parts[1] : nil
  }
}
