internal import ALSA
internal import ControlProtocol
internal import Linux
internal import SoundCards

/// What cards there are: libasound's word, and of the kernel's files what it does not tell. Blocks,
/// so never on the audio thread.
enum CardScanner {
  private static let system = "/sys/class/sound"
  private static let proc = "/proc/asound"

  /// - Parameter thoroughly: also what each device can do and who has it open.
  static func look(thoroughly: Bool) -> [CardFacts] {
    var cards = ALSA.CardScan.cards(asksAbilities: thoroughly)
    for index in cards.indices {
      cards[index].bus = bus(of: cards[index])
      if thoroughly { addUse(to: &cards[index]) }
    }
    return cards
  }

  /// Cards that the kernel has and this user may not open, by their id.
  static func closed(to cards: [CardFacts]) -> [String] {
    // Without sysfs nobody is told of them.
    guard let names = try? Files.list(system) else { return [] }
    var closed: [String] = []
    for name in names where name.utf8.starts(with: "card".utf8) {
      let known = cards.contains { name.utf8.elementsEqual(("card" + String($0.number)).utf8) }
      if known { continue }
      closed.append(Files.line("\(system)/\(name)/id") ?? name)
    }
    return closed
  }

  // MARK: Where it is connected

  private static func bus(of card: CardFacts) -> CardFacts.Bus {
    for driver in ["Loopback", "Dummy", "VirMIDI"] where card.driver.isSame(as: driver) {
      return .pretended
    }
    let device = Files.realPath("\(system)/card\(card.number)/device") ?? ""
    if let usb = usb(device) { return .usb(usb) }
    // The last of them: a USB or PCI controller is itself a device of the platform.
    let steps = device.parts(by: UInt8(ascii: "/"))
    for step in steps.reversed() {
      if step.isSame(as: "platform") { return .platform }
      if step.utf8.starts(with: "pci".utf8) { return .pci }
      if step.isSame(as: "virtual") { return .pretended }
    }
    return .unknown
  }

  /// The card's device is a USB interface, such as `1-1.2:1.0`; the folder around it is the device.
  private static func usb(_ interface: String) -> USBIdentity? {
    let name = Files.name(of: interface).utf8
    let around = interface + "/.."
    guard let colon = name.firstIndex(of: UInt8(ascii: ":")),
      let vendor = Files.line("\(around)/idVendor")?.hexID,
      let product = Files.line("\(around)/idProduct")?.hexID
    else { return nil }
    return USBIdentity(
      path: String(decoding: name[..<colon], as: UTF8.self), vendor: vendor, product: product,
      serial: Files.line("\(around)/serial") ?? "")
  }

  // MARK: Who uses it

  private static func addUse(to card: inout CardFacts) {
    for index in card.pcms.indices {
      guard case .held = card.pcms[index].use else { continue }
      card.pcms[index].use = .held(holder(of: card.pcms[index], card: card.number) ?? Holder())
      if let ability = stream(of: card.number, card.pcms[index]) {
        card.pcms[index].ability = ability
      }
    }
  }

  /// Who has the device open; nil where the kernel says nobody, or says nothing.
  static func holder(of pcm: PCMFacts, card: Int) -> Holder? {
    let letter = pcm.side == .microphone ? "c" : "p"
    let path = place(of: card) + "/pcm" + String(pcm.device) + letter + "/sub0/status"
    // Some units hide it: then it is not known.
    guard let text = try? Files.read(path, limit: StatusFile.largest),
      var holder = StatusFile.holder(text)
    else { return nil }
    holder.isOurs = holder.process > 0 && Process.isOurs(thread: holder.process)
    holder.name = Process.name(of: holder.process) ?? ""
    return holder
  }

  private static func place(of card: Int) -> String { proc + "/card" + String(card) }

  /// The same for one side of a card, whatever the device, where it is not said which.
  static func holder(of card: CardFacts, _ side: Side, device: Int?) -> Holder? {
    for pcm in card.pcms where pcm.side == side && (device ?? pcm.device) == pcm.device {
      if let holder = holder(of: pcm, card: card.number) { return holder }
    }
    return nil
  }

  /// What a USB device in use says of itself.
  private static func stream(of card: Int, _ pcm: PCMFacts) -> PCMAbility? {
    let path = place(of: card) + "/stream" + String(pcm.device)
    // Only USB cards have such a file.
    guard let text = try? Files.read(path, limit: StreamFile.largest) else { return nil }
    return StreamFile.parse(text)[pcm.side]
  }
}
