/// Which card somebody wants, as a setting says it.
public enum CardWish: Equatable, Sendable {
  /// The best there is.
  case auto
  /// Whatever is in that USB socket: `usb-path:1-1.2`
  case usbPath(String)
  /// That kind of USB device, or that very one: `usb-id:2886:0018`, `usb-id:2886:0018:3A1F`
  case usbID(vendor: UInt16, product: UInt16, serial: String?)
  /// The kernel's id: `card:Device`, `card:Device,1`
  case card(id: String, device: Int?)
  /// Any other name is for ALSA to understand.
  case named(String)

  // Comparing whole wishes would compare the characters of their texts.
  public var isAuto: Bool {
    if case .auto = self { return true }
    return false
  }

  /// What such a text must look like, for whoever wrote another.
  public static let forms =
    "auto, usb-path:1-1.2, usb-id:2886:0018, usb-id:2886:0018:SERIAL, card:ID, card:ID,DEVICE or a name of ALSA's"

  /// A text that begins as one of ours but goes on as none of them.
  public struct Malformed: Error, Equatable, Sendable {
    /// What would be right.
    public let right: String
  }

  @inline(never)
  public static func parse(_ text: String) throws(Malformed) -> CardWish {
    // A settings file holds a name in one line.
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw Malformed(right: "one line of text")
    }
    if text.isSame(as: "auto") { return .auto }
    if let path = text.rest(after: "usb-path:") {
      guard isPath(path) else {
        throw Malformed(right: "usb-path:BUS-PORT, such as usb-path:1-1.2")
      }
      return .usbPath(path)
    }
    if let rest = text.rest(after: "usb-id:") {
      let parts = rest.parts(by: UInt8(ascii: ":"), atMost: 3)
      guard parts.count >= 2, let vendor = parts[0].hexID, let product = parts[1].hexID,
        parts.count == 2 || !parts[2].isEmpty
      else {
        throw Malformed(right: "usb-id:VENDOR:PRODUCT, such as usb-id:2886:0018, or with :SERIAL")
      }
      return .usbID(vendor: vendor, product: product, serial: parts.count == 3 ? parts[2] : nil)
    }
    if let rest = text.rest(after: "card:") {
      let parts = rest.parts(by: UInt8(ascii: ","), atMost: 2)
      let device = parts.count == 2 ? CardWish.small(parts[1]) : nil
      guard !parts[0].isEmpty, parts.count == 1 || device != nil else {
        throw Malformed(right: "card:ID, such as card:Device, or card:Device,0")
      }
      return .card(id: parts[0], device: device)
    }
    return .named(text)
  }

  /// As it would stand in a setting.
  @inline(never)
  public var text: String {
    switch self {
    case .auto: "auto"
    case .usbPath(let path): "usb-path:" + path
    case .usbID(let vendor, let product, let serial):
      ["usb-id", vendor.fourHexDigits, product.fourHexDigits].joined(by: ":")
        + (serial.map { ":" + $0 } ?? "")
    case .card(let id, let device): "card:" + id + (device.map { "," + String($0) } ?? "")
    case .named(let name): name
    }
  }

  /// What stays true of a card the longest: its serial, else the socket it is in, else its id.
  public static func naming(_ card: CardFacts, among cards: [CardFacts]) -> CardWish {
    guard let usb = card.usb else { return .card(id: card.id, device: nil) }
    var twins = 0
    for other in cards.compactMap({ $0.usb })
    where other.vendor == usb.vendor && other.product == usb.product
      && other.serial.isSame(as: usb.serial)
    {
      twins += 1
    }
    // Some makers give every device the same serial, or one that no file can hold.
    if twins <= 1, !usb.serial.isEmpty, usb.serial.utf8.allSatisfy({ $0.isPlain }) {
      return .usbID(vendor: usb.vendor, product: usb.product, serial: usb.serial)
    }
    return .usbPath(usb.path)
  }

  /// Whether it means this card. Nothing of ours means any or none.
  @inline(never)
  func fits(_ card: CardFacts) -> Bool {
    switch self {
    case .usbPath(let path): card.usb?.path.isSame(as: path) ?? false
    case .usbID(let vendor, let product, let serial):
      card.usb.map {
        $0.vendor == vendor && $0.product == product
          && (serial.map($0.serial.isSame(as:)) ?? true)
      } ?? false
    case .card(let id, _): card.id.isSame(as: id)
    case .auto, .named: false
    }
  }

  /// `1-1.2`: a bus, a dash, ports.
  static func isPath(_ text: String) -> Bool {
    let halves = text.parts(by: UInt8(ascii: "-"))
    guard halves.count == 2, small(halves[0]) != nil else { return false }
    return halves[1].parts(by: UInt8(ascii: ".")).allSatisfy { small($0) != nil }
  }

  private static func small(_ text: String) -> Int? {
    text.utf8.count <= 4 ? text.number : nil
  }
}
