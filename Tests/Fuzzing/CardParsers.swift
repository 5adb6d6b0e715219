import ControlProtocol
import SoundCards

extension Parser {
  /// `StreamFile` and `StatusFile`: what the kernel's files say of a card, with the words of whoever made
  /// the device in them.
  static let stream = Parser(
    "stream", longest: 1_024,
    seeds: {
      [[0] + Array(StreamText.right.utf8), [0] + Array(StreamText.held.utf8)]
        + [[1, 0, 0, 0, 0, 0, 0, 0, 0], [1, 1, 2, 3, 2, 1, 1, 4, 0, 3, 2, 1]]
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let text = choices.byte() & 1 == 0 ? choices.rest() : StreamText.make(&choices)
    let file = StreamFile.parse(text)
    for side in Side.allCases {
      guard let ability = file[side] else { continue }
      try hold(
        1...StreamFile.mostFormats ~= ability.formats.count, "\(ability.formats.count) formats")
      for format in ability.formats {
        try hold(
          format.utf8.count <= StreamFile.longestFormat && format.utf8.allSatisfy { $0 > 0x20 },
          "\(format) is the name of no format")
      }
      try hold(
        ability.rates == PCMAbility.usualRates.filter { ability.rates.contains($0) },
        "rates that are not usual, twice or out of order")
      try hold(
        1...64 ~= ability.channels.lowerBound && 1...64 ~= ability.channels.upperBound,
        "channels \(ability.channels)")
    }
    if let holder = StatusFile.holder(text) {
      try hold(0..<(1 << 24) ~= holder.process, "process \(holder.process)")
    }
    return 1
  }

  /// `CardWish`, `CardChoice`, `CardFinder` and `CardReport`: any cards in any order, and what is wished
  /// of them.
  static let cards = Parser(
    "cards", longest: 512,
    seeds: {
      [
        [0, 0, 0],
        [1, 3, 2, 1, 0, 0, 0, 1, 0, 1, 1, 1, 1, 0, 2, 1, 0, 0, 1, 2, 0, 1, 2],
        [4, 3, 1, 2, 1, 1, 1, 1, 1, 1, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 0, 9, 8, 7],
      ]
        + CardText.wishes.indices.map { [0, UInt8($0), 0, UInt8($0), 3, 0, 0, 0, 0, 1, 1] }
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let rotation = choices.pick(8)
    let wishes = (try CardText.wish(&choices), try CardText.wish(&choices))
    var isUsual = true
    let cards = CardText.cards(&choices, isUsual: &isUsual)
    let choice = CardChoice.choose(microphone: wishes.0, loudspeaker: wishes.1, among: cards)
    for side in Side.allCases { try CardText.check(choice[side], side, cards) }
    if isUsual, !cards.isEmpty {
      let place = rotation % cards.count
      let turned = Array(cards[place...] + cards[..<place])
      for other in [turned, turned.reversed()] {
        let again = CardChoice.choose(microphone: wishes.0, loudspeaker: wishes.1, among: other)
        try hold(again == choice, "another choice in another order")
      }
      for card in cards {
        let name = CardWish.naming(card, among: cards)
        try hold((try? CardWish.parse(name.text)) == name, "\(name.text) is no wish")
        guard case .one(let found) = CardFinder.find(card.id, among: cards) else {
          throw Broken("\(card.id) is not found by its id")
        }
        try hold(found == card, "\(card.id) is found as \(found.id)")
      }
    }
    let words = String(decoding: choices.take(16), as: UTF8.self)
    _ = CardFinder.find(words, among: cards)
    var report = CardReport(cards: cards)
    report.microphone = CardReport.Half(wishes.0, choice.microphone)
    report.loudspeaker = CardReport.Half(wishes.1, choice.loudspeaker)
    try CardText.arrives(report)
    return 1 + cards.count
  }

  /// `CardReport` of a daemon that is newer, or broken.
  static let report = Parser(
    "report", longest: 1_024,
    seeds: {
      [
        "cards=1\nleft_out=3\nmicrophone=hw:CARD=A,DEV=0\nmicrophone.wish=auto\nmicrophone.card=1\n"
          + "card.0.number=1\ncard.0.id=A\ncard.0.bus=usb\ncard.0.usb_path=1-1\ncard.0.usb_id=2886:0018\n"
          + "card.0.pcm.0.side=microphone\ncard.0.pcm.0.device=0\ncard.0.pcm.0.rates=16000 48000\n"
          + "card.0.pcm.0.formats=S16_LE\ncard.0.pcm.0.channels=1-2\ncard.0.pcm.0.use=held\n"
          + "card.0.pcm.0.process=12\ncard.0.pcm.0.program=a\n\n",
        "cards=0\n\n", "cards=8\n\n",
      ].map { Array($0.utf8) }
    }
  ) { input throws(Broken) in
    var fields = Fields()
    for line in input.split(separator: 0x0A) {
      // A line that is none would only end it all.
      guard let field = (try? Fields.parse(line))?.all.first, fields[field.key] == nil else {
        continue
      }
      fields.add(field.key, field.value)
    }
    guard let report = CardReport.decode({ fields[$0] }) else { return 1 }
    try hold(report.cards.count <= CardReport.mostCards, "\(report.cards.count) cards")
    let again = Dictionary(uniqueKeysWithValues: report.encode().map { ($0.name, $0.value) })
    // What the first look left out stays left out.
    try hold(
      CardReport.decode { again[$0] }.map { $0.cards.count } == report.cards.count,
      "a report does not come back from its own values")
    let choice = CardChoice.choose(microphone: .auto, loudspeaker: .auto, among: report.cards)
    for side in Side.allCases { try CardText.check(choice[side], side, report.cards, isFree: true) }
    for card in report.cards { _ = CardFinder.find(card.name, among: report.cards) }
    return 1
  }
}

private enum StreamText {
  static let right = """
    Maker Speak at usb-3f980000.usb-1.2, full speed : USB Audio

    Playback:
      Status: Stop
      Interface 2
        Altset 1
        Format: S16_LE
        Channels: 2
        Rates: 48000

    Capture:
      Status: Running
      Interface 3
        Altset 1
        Format: S16_LE S24_3LE
        Channels: 1
        Rates: 8000 - 48000 (continuous)

    """
  static let held = "state: RUNNING\nowner_pid   : 1234\ntrigger_time: 55.6\n"

  /// Lines as the kernel writes them, in any order and number.
  static func make(_ choices: inout Choices) -> [UInt8] {
    var text: [UInt8] = []
    while !choices.isEmpty {
      let number = choices.number(48_000, in: 1...192_000)
      let line =
        switch choices.pick(9) {
        case 0: "    Format: S16_LE"
        case 1: "    Channels: \(choices.number(2, in: 1...64))"
        case 2: "    Rates: \(number), \(choices.number(16_000, in: 8_000...192_000))"
        case 3: "    Rates: 8000 - \(number) (continuous)"
        case 4: choices.of(["Playback:", "Capture:"])
        case 5: "owner_pid   : \(number)"
        case 6: "  Format: " + String(repeating: "F\(number) ", count: choices.pick(64))
        case 7:
          "Format: " + (0...choices.pick(200)).map { "X\($0)" }.joined(separator: " ")
        default: String(decoding: choices.take(choices.pick(16)), as: UTF8.self)
        }
      text += line.utf8
      if !choices.isRare(16) { text.append(0x0A) }
    }
    return text
  }
}

private enum CardText {
  static let wishes = [
    "auto", "usb-path:1-1.2", "usb-id:2886:0018", "usb-id:2886:0018:A1", "usb-id:2886:001A:a:b",
    "card:Card0", "card:Card1,0", "card:Card0,7", "card:no", "hw:CARD=Card0,DEV=0", "plughw:1",
    "default", "hw:0", "card:", "usb-id:1:2", "usb-path:1-", ":", "",
  ]

  /// What comes back from its own text.
  static func wish(_ choices: inout Choices) throws(Broken) -> CardWish {
    let text =
      choices.isRare(8)
      ? choices.of(["card:", "usb-id:", "usb-path:", ""])
        + String(decoding: choices.take(choices.pick(20)), as: UTF8.self) : choices.of(wishes)
    guard let wish = try? CardWish.parse(text) else { return .auto }
    try hold((try? CardWish.parse(wish.text)) == wish, "\(text) does not come back from its text")
    return wish
  }

  /// - Parameter isUsual: whether the kernel could have said so.
  static func cards(_ choices: inout Choices, isUsual: inout Bool) -> [CardFacts] {
    (0..<choices.pick(12)).map { place in
      var card = CardFacts(
        number: place, id: choices.of(["Card", "HDMI", "1", "a-b_"]) + "\(place)",
        name: choices.of(["USB PnP Sound Device", "vc4-hdmi-0", "Bose", ""]),
        longName: choices.of(["", "Maker at usb-1, full speed"]),
        driver: choices.of(["USB-Audio", "vc4-hdmi", "simple-card", "HDA-Intel", "Loopback"]))
      if choices.isRare(16) {
        isUsual = false
        card.id = text(&choices, longest: 15)
        card.number = Int(choices.byte()) - 1
      }
      if choices.isRare(8) { card.name = text(&choices, longest: 79) }
      card.bus = bus(&choices, place, isUsual: &isUsual)
      for _ in 0..<choices.pick(choices.isRare(16) ? 64 : 4) {
        let pcm = pcm(&choices)
        let isThere = card.pcms.contains { $0.device == pcm.device && $0.side == pcm.side }
        if !isThere { card.pcms.append(pcm) }
      }
      return card
    }
  }

  private static func bus(_ choices: inout Choices, _ place: Int, isUsual: inout Bool)
    -> CardFacts.Bus
  {
    switch choices.pick(6) {
    case 0:
      var path = choices.of(["1-1.", "1-", "2-1.10."]) + "\(place + 1)"
      if choices.isRare(16) {
        isUsual = false
        path = text(&choices, longest: 20)
      }
      let serial = choices.of(["", "A1", "A1", "000000"])
      return .usb(
        USBIdentity(
          path: path, vendor: choices.of([0x2886, 0x046D]), product: choices.of([0x18, 0x1A]),
          serial: choices.isRare(8) ? text(&choices, longest: 126) : serial))
    case 1: return .platform
    case 2: return .pci
    case 3: return .pretended
    default: return .unknown
    }
  }

  private static func pcm(_ choices: inout Choices) -> PCMFacts {
    var pcm = PCMFacts(
      device: choices.pick(32), side: choices.of([.microphone, .loudspeaker]),
      name: choices.of(["USB Audio", "MAI PCM i2s-hifi-0", ""]))
    switch choices.pick(6) {
    case 0: pcm.use = .free
    case 1:
      pcm.use = .held(
        Holder(
          process: Int(choices.word() >> 8), name: text(&choices, longest: 16),
          isOurs: choices.byte() & 1 == 1))
    case 2: pcm.use = .refused(reason: text(&choices, longest: 80))
    default: break
    }
    if choices.isRare(3) {
      let stream = StreamFile.parse(StreamText.make(&choices))
      pcm.ability =
        stream[.microphone] ?? PCMAbility(rates: [16_000], formats: ["S16_LE"], channels: 1...2)
    }
    return pcm
  }

  private static func text(_ choices: inout Choices, longest: Int) -> String {
    let text = String(decoding: choices.take(choices.pick(longest)), as: UTF8.self)
    // Bytes that are no text become three each, and names of the kernel's end at a zero.
    return String(decoding: text.utf8.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// - Parameter isFree: whoever made up the cards may have made up any device.
  static func check(
    _ half: Result<CardPick, NoCard>, _ side: Side, _ cards: [CardFacts], isFree: Bool = false
  ) throws(Broken) {
    switch half {
    case .success(let pick):
      try hold(!pick.reason.isEmpty && pick.reason.utf8.count < 4_096, "an endless reason")
      try hold(pick.doubt.utf8.count < 8_192, "an endless doubt")
      guard let card = pick.card, let device = pick.device else { return }
      try hold(cards.contains(card), "a card that is not there")
      try hold(
        card.pcms.contains { $0.side == side && $0.device == device },
        "\(pick.alsaName) is no \(side.word)")
    case .failure(let none):
      try hold(!none.reason.isEmpty && none.reason.utf8.count < 8_192, "an endless reason")
      try hold(!none.advice.isEmpty && none.advice.utf8.count < 8_192, "an endless advice")
    }
  }

  /// Over the control socket, in one block.
  static func arrives(_ report: CardReport) throws(Broken) {
    var fields = Fields()
    for (name, value) in report.encode() {
      try hold(fields[name] == nil, "\(name) twice")
      fields.add(name, value)
    }
    try hold(fields.count < Fields.mostFields - 8, "\(fields.count) fields")
    let bytes = fields.encode()
    try hold(bytes.count < Fields.largestBlock - 1_024, "a block of \(bytes.count) bytes")
    var reader = BlockReader()
    reader.append(bytes[...])
    guard let came = try? reader.next() else { throw Broken("the block does not arrive") }
    try hold(CardReport.decode { came[$0] } == report, "a report arrives as another one")
  }
}
