import SoundCards

/// Cards as they are found on real machines, in short.
enum Machine {
  static func card(
    _ number: Int, _ id: String, _ name: String, _ bus: CardFacts.Bus, hears: [Int] = [],
    speaks: [Int] = [], driver: String = ""
  ) -> CardFacts {
    let driver = bus.word == "usb" ? "USB-Audio" : driver
    return CardFacts(
      number: number, id: id, name: name, driver: driver, bus: bus,
      pcms: hears.map { PCMFacts(device: $0, side: .microphone) }
        + speaks.map { PCMFacts(device: $0, side: .loudspeaker) })
  }

  static func usb(_ path: String, _ product: UInt16 = 0x0018, serial: String = "")
    -> CardFacts.Bus
  {
    .usb(USBIdentity(path: path, vendor: 0x2886, product: product, serial: serial))
  }

  static let hdmi = card(
    0, "vc4hdmi0", "vc4-hdmi-0", .platform, speaks: [0], driver: "vc4-hdmi")
  static let headphones = card(
    1, "Headphones", "bcm2835 Headphones", .platform, speaks: [0], driver: "bcm2835_headpho")
  static let hat = card(
    2, "seeed2micvoicec", "seeed-2mic-voicecard", .platform, hears: [0], speaks: [0],
    driver: "simple-card")
  static let speakerphone = card(
    3, "Device", "USB Speakerphone", usb("1-1.2"), hears: [0], speaks: [0])
  static let webcam = card(4, "C270", "Webcam C270", usb("1-1.3", 0x0825), hears: [0])
  static let loopback = card(
    7, "Loopback", "Loopback", .pretended, hears: [0, 1], speaks: [0, 1])
  static let desktop = card(
    0, "PCH", "HDA Intel PCH", .pci, hears: [0], speaks: [0], driver: "HDA-Intel")

  /// The same card with another number, as after another boot.
  static func numbered(_ number: Int, _ card: CardFacts) -> CardFacts {
    var card = card
    card.number = number
    return card
  }
}

extension CardChoice {
  /// ALSA's names of both sides; nothing where there is none.
  var names: [String] { Side.allCases.map { (try? self[$0].get().alsaName) ?? "" } }
  func reason(_ side: Side) -> String {
    switch self[side] {
    case .success(let pick): pick.reason
    case .failure(let none): none.reason
    }
  }
  func advice(_ side: Side) -> String {
    switch self[side] {
    case .success(let pick): pick.doubt
    case .failure(let none): none.advice
    }
  }
}
