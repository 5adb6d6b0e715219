import Testing

@testable import SoundCards

@Suite struct CardChoiceTests {
  private func choose(
    _ cards: [CardFacts], microphone: String = "auto", loudspeaker: String = "auto"
  ) throws -> CardChoice {
    CardChoice.choose(
      microphone: try CardWish.parse(microphone), loudspeaker: try CardWish.parse(loudspeaker),
      among: cards)
  }

  private static let hat = "hw:CARD=seeed2micvoicec,DEV=0"
  private static let phone = "hw:CARD=Device,DEV=0"
  private static let screen = "sysdefault:CARD=vc4hdmi0"
  private static let jack = "hw:CARD=Headphones,DEV=0"
  private static let camera = "hw:CARD=C270,DEV=0"

  @Test(
    arguments: [
      ("a Pi with a HAT and HDMI", [Machine.hdmi, Machine.hat], [hat, hat]),
      (
        "a USB speakerphone before a HAT", [Machine.hdmi, Machine.hat, Machine.speakerphone],
        [phone, phone]
      ),
      ("a webcam's microphone and HDMI", [Machine.hdmi, Machine.webcam], [camera, screen]),
      (
        "HDMI is the last to speak", [Machine.hdmi, Machine.headphones, Machine.webcam],
        [camera, jack]
      ),
      ("a HAT before a webcam", [Machine.webcam, Machine.hat], [hat, hat]),
      ("a desktop's own card", [Machine.desktop], ["hw:CARD=PCH,DEV=0", "hw:CARD=PCH,DEV=0"]),
      (
        "a USB microphone before the desktop's own", [Machine.desktop, Machine.webcam],
        [camera, "hw:CARD=PCH,DEV=0"]
      ),
      ("no card at all", [], ["default", "default"]),
      ("nothing but a loopback", [Machine.loopback], ["default", "default"]),
      ("a loopback beside a real card", [Machine.loopback, Machine.hdmi], ["", screen]),
      ("nothing that hears", [Machine.hdmi, Machine.headphones], ["", jack]),
      ("nothing that speaks", [Machine.webcam], [camera, ""]),
    ] as [(String, [CardFacts], [String])])
  func autoTakesTheBestOf(machine: String, cards: [CardFacts], names: [String]) throws {
    #expect(try choose(cards).names == names, "\(machine)")
    // In whatever order the kernel found them.
    #expect(try choose(cards.reversed()).names == names, "\(machine)")
    let renumbered = cards.enumerated().map { Machine.numbered(9 - $0.offset, $0.element) }
    #expect(try choose(renumbered).names == names, "\(machine)")
  }

  @Test func theReasonIsInWordsThatATechnicianUnderstands() throws {
    let all = [Machine.hdmi, Machine.hat, Machine.speakerphone]
    #expect(
      try choose(all).reason(.microphone) == "USB speakerphone: hears and speaks over one clock")
    #expect(
      try choose([Machine.hat]).reason(.loudspeaker)
        == "codec of the board: hears and speaks over one clock")
    let apart = try choose([Machine.hdmi, Machine.webcam])
    #expect(apart.reason(.microphone) == "USB microphone: the best of what hears here")
    #expect(apart.reason(.loudspeaker) == "screen (HDMI): the best of what speaks here")
    #expect(try choose([]).reason(.loudspeaker) == "ALSA's default: there is no sound card here")
    #expect(
      try choose([Machine.hdmi]).reason(.microphone)
        == "no sound card here hears: here are vc4hdmi0 (vc4-hdmi-0)")
    #expect(
      try choose([Machine.hdmi]).advice(.microphone)
        == "plug in a USB microphone or speakerphone; it is taken at once")
  }

  @Test func aCardThatIsBusyIsStillTheBest() throws {
    var busy = Machine.speakerphone
    for index in busy.pcms.indices { busy.pcms[index].use = .held(Holder(process: 7)) }
    #expect(try choose([busy, Machine.hat]).names == [Self.phone, Self.phone])
  }

  @Test func ofTwoAlikeTheLowerSocketIsTakenAtEveryBoot() throws {
    let near = Machine.card(1, "Device", "P", Machine.usb("1-1.2"), hears: [0], speaks: [0])
    let far = Machine.card(2, "Device_1", "P", Machine.usb("1-1.10"), hears: [0], speaks: [0])
    // The kernel met them the other way round.
    let nearLater = Machine.card(2, "Device_1", "P", near.bus, hears: [0], speaks: [0])
    let farSooner = Machine.card(1, "Device", "P", far.bus, hears: [0], speaks: [0])
    let first = try choose([near, far])
    #expect(first.names == [Self.phone, Self.phone])
    #expect(
      first.reason(.microphone)
        == "USB speakerphone: hears and speaks over one clock, the first of 2 by where they are plugged in"
    )
    let second = try choose([farSooner, nearLater])
    #expect(second.names == ["hw:CARD=Device_1,DEV=0", "hw:CARD=Device_1,DEV=0"])
    #expect(try second.microphone.get().card?.usb?.path == "1-1.2")
  }

  @Test func theOtherSideStaysOnTheCardThatIsNamed() throws {
    let all = [Machine.hdmi, Machine.hat, Machine.speakerphone, Machine.webcam]
    #expect(try choose(all, microphone: "card:seeed2micvoicec").names == [Self.hat, Self.hat])
    #expect(try choose(all, loudspeaker: "card:seeed2micvoicec").names == [Self.hat, Self.hat])
    #expect(
      try choose(all, microphone: "plughw:CARD=seeed2micvoicec").names
        == ["plughw:CARD=seeed2micvoicec", Self.hat])
    #expect(
      try choose(all, microphone: "plughw:2,0").names == ["plughw:2,0", Self.hat])
    // It has no loudspeaker; no screen hears.
    #expect(try choose(all, microphone: "card:C270").names == [Self.camera, Self.phone])
    #expect(try choose(all, loudspeaker: "card:vc4hdmi0").names == [Self.phone, Self.screen])
    #expect(
      try choose(all, microphone: "card:C270", loudspeaker: "card:vc4hdmi0").names
        == [Self.camera, Self.screen])
    #expect(
      try choose(all, microphone: "card:seeed2micvoicec").reason(.loudspeaker)
        == "the card of the microphone: hears and speaks over one clock")
  }

  @Test func anyOtherNameIsForALSA() throws {
    let choice = try choose([Machine.hat], microphone: "default", loudspeaker: "pulse")
    #expect(choice.names == ["default", "pulse"])
    #expect(choice.reason(.microphone) == "as it is set")
  }

  @Test func oneOfTwoAlikeIsMeantByPathOrSerial() throws {
    let one = Machine.card(
      1, "Device", "Phone", Machine.usb("1-1.2", serial: "A1"), hears: [0], speaks: [0])
    let two = Machine.card(
      2, "Device_1", "Phone", Machine.usb("1-1.3", serial: "B2"), hears: [0], speaks: [0])
    for wish in ["usb-path:1-1.3", "usb-id:2886:0018:B2", "card:Device_1"] {
      let choice = try choose([one, two], microphone: wish)
      #expect(choice.names == ["hw:CARD=Device_1,DEV=0", "hw:CARD=Device_1,DEV=0"], "\(wish)")
      #expect(choice.advice(.microphone).isEmpty)
    }
    let both = try choose([two, one], microphone: "usb-id:2886:0018")
    #expect(both.names[0] == Self.phone)
    #expect(
      both.advice(.microphone)
        == "usb-id:2886:0018 fits 2 cards: Device (Phone, usb-path:1-1.2), Device_1 (Phone, usb-path:1-1.3); the first is taken: name one by its usb-path"
    )
  }

  @Test func aWishThatFitsNoneNamesWhatIsThereAndTheNearest() throws {
    let cards = [Machine.speakerphone, Machine.hdmi]
    let wrong = try choose(cards, microphone: "card:device")
    #expect(wrong.names == ["", Self.phone])
    #expect(
      wrong.reason(.microphone)
        == "there is no card card:device: here are Device (USB Speakerphone, usb-path:1-1.2), vc4hdmi0 (vc4-hdmi-0)"
    )
    #expect(
      wrong.advice(.microphone) == "is it usb-path:1-1.2? then: auricle sound use Device")
    for near in ["usb-id:2886:0018:XYZ", "usb-id:2886:0019", "usb-path:1-1.4"] {
      #expect(
        try choose(cards, microphone: near).advice(.microphone).hasPrefix("is it usb-path:1-1.2?"),
        "\(near)")
    }
    for far in ["usb-id:1234:0018", "usb-path:3-1", "card:Zorro"] {
      #expect(
        try choose(cards, microphone: far).advice(.microphone)
          == "plug it in, or choose another: auricle sound use CARD", "\(far)")
    }
    #expect(
      try choose([], microphone: "card:Device").reason(.microphone)
        == "there is no card card:Device: there is no sound card here")
  }

  @Test func aCardThatCannotHearOrHasNoSuchDeviceSaysSo() throws {
    let cards = [Machine.hdmi, Machine.webcam, Machine.loopback]
    let deaf = try choose(cards, microphone: "card:vc4hdmi0")
    #expect(deaf.reason(.microphone) == "card vc4hdmi0 (vc4-hdmi-0) has no microphone")
    #expect(
      deaf.advice(.microphone)
        == "auricle sound use CARD --microphone, CARD being one of C270 (Webcam C270, usb-path:1-1.3), Loopback"
    )
    let second = try choose(cards, microphone: "card:Loopback,1", loudspeaker: "card:Loopback,0")
    #expect(second.names == ["hw:CARD=Loopback,DEV=1", "hw:CARD=Loopback,DEV=0"])
    let fifth = try choose(cards, microphone: "card:Loopback,5")
    #expect(fifth.reason(.microphone) == "card Loopback has no device 5 for the microphone")
    #expect(
      fifth.advice(.microphone)
        == "it has 0, 1: auricle sound use card:Loopback,NUMBER --microphone")
  }

  @Test func aDeviceThatGoesToAScreenIsTheCardsLast() throws {
    var card = Machine.desktop
    card.pcms = [
      PCMFacts(device: 3, side: .loudspeaker, name: "HDMI 0"),
      PCMFacts(device: 2, side: .loudspeaker, name: "ALC283 Analog"),
      PCMFacts(device: 1, side: .loudspeaker, name: "HDMI 1"),
    ]
    #expect(try choose([card]).names[1] == "hw:CARD=PCH,DEV=2")
    card.pcms.remove(at: 1)
    #expect(try choose([card]).names[1] == "hw:CARD=PCH,DEV=1")
  }

  @Test func anIdThatALSAWouldTakeForSomethingElseIsReplacedByTheNumber() throws {
    let digits = Machine.card(3, "510", "Speak 510", Machine.usb("1-1"), hears: [0], speaks: [0])
    #expect(try choose([digits]).names == ["hw:3,0", "hw:3,0"])
  }
}
