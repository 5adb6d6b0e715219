import Testing

@testable import SoundCards

@Suite struct CardWishTests {
  @Test(
    arguments: [
      ("auto", .auto), ("usb-path:1-1.2", .usbPath("1-1.2")), ("usb-path:3-1", .usbPath("3-1")),
      ("usb-id:2886:0018", .usbID(vendor: 0x2886, product: 0x18, serial: nil)),
      ("usb-id:2886:001a:A:7", .usbID(vendor: 0x2886, product: 0x1A, serial: "A:7")),
      ("card:Device", .card(id: "Device", device: nil)),
      ("card:Device,1", .card(id: "Device", device: 1)),
      ("default", .named("default")),
      ("plughw:CARD=Device,DEV=0", .named("plughw:CARD=Device,DEV=0")),
      ("Auto", .named("Auto")), ("", .named("")),
    ] as [(String, CardWish)])
  func aSettingSaysWhichCard(text: String, wish: CardWish) throws {
    #expect(try CardWish.parse(text) == wish)
    #expect(wish.text == text)
  }

  @Test(arguments: [
    "usb-path:", "usb-path:1", "usb-path:1-", "usb-path:a-1", "usb-path:1-1..2", "usb-path:1-1-1",
    "usb-id:", "usb-id:2886", "usb-id:2886:", "usb-id:2886:18", "usb-id:288g:0018",
    "usb-id:2886:0018:", "card:", "card:,0", "card:Device,", "card:Device,x", "card:Device,99999",
  ])
  func whatBeginsAsOneOfOursMustGoOnAsOne(text: String) {
    let wrong = #expect(throws: CardWish.Malformed.self) { try CardWish.parse(text) }
    #expect(wrong?.right.contains("such as") == true)
  }

  @Test func everyShorterTextIsUnderstoodOrRefused() {
    for text in ["usb-id:2886:0018:SERIAL", "usb-path:1-1.2", "card:Device,1"] {
      for length in 0...text.utf8.count {
        let shorter = String(decoding: text.utf8.prefix(length), as: UTF8.self)
        if let wish = try? CardWish.parse(shorter) { #expect(wish.text == shorter) }
      }
    }
  }

  @Test func aCardIsNamedByWhatStaysTrueTheLongest() {
    let one = Machine.card(1, "Device", "P", Machine.usb("1-1.2", serial: "A1"), hears: [0])
    let two = Machine.card(2, "Device_1", "P", Machine.usb("1-1.3", serial: "B2"), hears: [0])
    #expect(CardWish.naming(two, among: [one, two]).text == "usb-id:2886:0018:B2")
    // A careless maker's serial names nobody.
    let twin = Machine.card(3, "Device_2", "P", Machine.usb("1-1.4", serial: "A1"), hears: [0])
    #expect(CardWish.naming(one, among: [one, twin]).text == "usb-path:1-1.2")
    let odd = Machine.card(1, "Device", "P", Machine.usb("1-1.2", serial: "A #1"), hears: [0])
    #expect(CardWish.naming(odd, among: [odd]).text == "usb-path:1-1.2")
    #expect(CardWish.naming(Machine.speakerphone, among: []).text == "usb-path:1-1.2")
    #expect(CardWish.naming(Machine.hat, among: []).text == "card:seeed2micvoicec")
  }

  @Test(
    arguments: [
      ("Device", 3), ("device", 3), ("3", 3), ("1-1.2", 3), ("2886:0018", 3), ("speakerphone", 3),
      ("webcam", 4), ("1-1.3", 4), ("2886:0825", 4), ("seeed", 2), ("hdmi", 0), ("SEEED-2mic", 2),
    ] as [(String, Int)])
  func aPersonMayNameACardInManyWays(text: String, number: Int) {
    let cards = [Machine.hdmi, Machine.hat, Machine.speakerphone, Machine.webcam]
    guard case .one(let card) = CardFinder.find(text, among: cards) else {
      Issue.record("\(text) finds none")
      return
    }
    #expect(card.number == number)
  }

  @Test func anAmbiguousWordAndAWrongOneSaySo() {
    let cards = [Machine.hdmi, Machine.speakerphone, Machine.webcam]
    #expect(
      CardFinder.find("c", among: cards)
        == .several([Machine.speakerphone, Machine.webcam, Machine.hdmi]))
    #expect(CardFinder.find("vc4hdmi1", among: cards) == .none(Machine.hdmi))
    #expect(CardFinder.find("Zorro", among: cards) == .none(nil))
    #expect(CardFinder.find("", among: cards) == .none(nil))
  }
}
