/// What a look at the system says of one sound card.
public struct CardFacts: Equatable, Sendable {
  /// The kernel's number: another one after the next boot, so nothing is decided by it.
  public var number: Int
  /// The kernel's short name, such as `Device`; two cards alike get `Device` and `Device_1`.
  public var id: String
  public var name: String
  public var longName: String
  public var driver: String
  public var bus: Bus
  public var pcms: [PCMFacts]

  /// How it is connected.
  public enum Bus: Equatable, Sendable {
    case usb(USBIdentity)
    /// Soldered to the board or on its header: codecs, HDMI of small boards.
    case platform
    case pci
    /// Made by a program or by a driver for tests: loopback, dummy.
    case pretended
    case unknown

    // Comparing whole buses would compare the characters of serials.
    var isPlatform: Bool {
      if case .platform = self { return true }
      return false
    }
    var isPretended: Bool {
      if case .pretended = self { return true }
      return false
    }

    public var word: String {
      switch self {
      case .usb: "usb"
      case .platform: "platform"
      case .pci: "pci"
      case .pretended: "pretended"
      case .unknown: "unknown"
      }
    }
  }

  public init(
    number: Int, id: String, name: String, longName: String = "", driver: String = "",
    bus: Bus = .unknown, pcms: [PCMFacts] = []
  ) {
    self.number = number
    self.id = id
    self.name = name
    self.longName = longName
    self.driver = driver
    self.bus = bus
    self.pcms = pcms
  }

  public var usb: USBIdentity? {
    if case .usb(let identity) = bus { return identity }
    return nil
  }

  /// The device to use on that side: none that goes to a screen while there is another, then the
  /// lowest number, which is the order in which the driver made them.
  @inline(never)
  public func pcm(_ side: Side) -> PCMFacts? {
    var best: PCMFacts?
    for pcm in pcms where pcm.side == side {
      guard let before = best else {
        best = pcm
        continue
      }
      let (old, new) = (isScreen(before), isScreen(pcm))
      if new != old ? old : pcm.device < before.device { best = pcm }
    }
    return best
  }

  /// Whether a screen or television plays it: HDMI or DisplayPort.
  @inline(never)
  public func isScreen(_ pcm: PCMFacts) -> Bool {
    for text in [driver, id, name, pcm.name] {
      if text.contains(ignoringCase: "hdmi") || text.contains(ignoringCase: "displayport") {
        return true
      }
    }
    return false
  }

  /// Whether it hears and speaks, both over the same clock, and not to a screen.
  public var isDuplex: Bool {
    guard pcm(.microphone) != nil, let speaks = pcm(.loudspeaker) else { return false }
    return !isScreen(speaks)
  }

  /// What ALSA calls one of its devices.
  @inline(never)
  public func alsaName(of pcm: PCMFacts) -> String {
    // Small boards' HDMI takes sound only in a packing of its own, which the card's own definition
    // in ALSA's files does; plughw: cannot.
    if driver.starts(ignoringCase: "vc4-hdmi") { return "sysdefault:CARD=" + id }
    let device = String(pcm.device)
    return isPlain(id)
      ? ["hw:CARD=", id, ",DEV=", device].joined() : ["hw:", String(number), ",", device].joined()
  }

  /// ALSA takes an id of digits for a number and a comma for the next argument.
  private func isPlain(_ id: String) -> Bool {
    !id.isEmpty && id.utf8.allSatisfy { $0.isPlain } && !id.utf8.allSatisfy { $0.isDigit }
  }
}

/// Which way the sound goes.
public enum Side: CaseIterable, Equatable, Sendable {
  case microphone, loudspeaker

  public var word: String {
    switch self {
    case .microphone: "microphone"
    case .loudspeaker: "loudspeaker"
    }
  }
}

/// What tells one USB device from another.
public struct USBIdentity: Equatable, Sendable {
  /// Bus and ports, such as `1-1.2`: the same for as long as it stays in the same socket.
  public var path: String
  public var vendor: UInt16
  public var product: UInt16
  /// Empty where the maker gave none.
  public var serial: String

  public init(path: String, vendor: UInt16, product: UInt16, serial: String = "") {
    self.path = path
    self.vendor = vendor
    self.product = product
    self.serial = serial
  }

  /// `2886:0018`
  public var id: String { [vendor.fourHexDigits, product.fourHexDigits].joined(by: ":") }
}
