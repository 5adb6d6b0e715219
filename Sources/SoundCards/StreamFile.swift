/// `/proc/asound/cardN/stream0`: what a USB device says of itself, readable while it is in use.
public struct StreamFile: Equatable, Sendable {
  /// A device with all its settings writes a tenth of this.
  public static let largest = 64 << 10
  /// Of one device; what more there is says nothing new.
  static let mostAltsets = 64

  public private(set) var microphone: PCMAbility?
  public private(set) var loudspeaker: PCMAbility?

  public subscript(side: Side) -> PCMAbility? {
    side == .microphone ? microphone : loudspeaker
  }

  /// What it cannot read it leaves out.
  public static func parse(_ text: [UInt8]) -> StreamFile {
    var file = StreamFile()
    var section: Section?
    for line in lines(of: text.prefix(largest)) {
      if line.isSame(as: "Playback:") || line.isSame(as: "Capture:") {
        file.take(section)
        section = Section(side: line.isSame(as: "Capture:") ? .microphone : .loudspeaker)
      } else {
        section?.read(line)
      }
    }
    file.take(section)
    return file
  }

  private mutating func take(_ section: Section?) {
    guard let section, let ability = section.ability else { return }
    if section.side == .microphone { microphone = ability } else { loudspeaker = ability }
  }

  /// One direction, of which every alternate setting can do something else.
  private struct Section {
    let side: Side
    private var rates: [Int] = []
    private var formats: [String] = []
    private var channels: ClosedRange<Int>?
    private var altsets = 0

    init(side: Side) { self.side = side }

    var ability: PCMAbility? {
      guard let channels, !formats.isEmpty else { return nil }
      return PCMAbility(rates: rates.sorted(), formats: formats, channels: channels)
    }

    mutating func read(_ line: String) {
      let parts = line.parts(by: UInt8(ascii: ":"), atMost: 2)
      guard parts.count == 2 else { return }
      let key = StreamFile.trimmed(parts[0])
      let value = StreamFile.trimmed(parts[1])
      if key.isSame(as: "Format") {
        altsets += 1
        add(formats: value)
      } else if key.isSame(as: "Channels"), let count = value.number, 1...64 ~= count {
        channels = min(channels?.lowerBound ?? count, count)...max(channels?.upperBound ?? 0, count)
      } else if key.isSame(as: "Rates") {
        add(rates: value)
      }
    }

    private mutating func add(formats text: String) {
      guard altsets <= StreamFile.mostAltsets else { return }
      for word in text.parts(by: UInt8(ascii: " ")) where word.utf8.count > 1 {
        if !formats.contains(where: { $0.isSame(as: word) }) { formats.append(word) }
      }
    }

    /// `16000, 48000`, or `8000 - 48000 (continuous)`
    private mutating func add(rates text: String) {
      guard altsets <= StreamFile.mostAltsets else { return }
      let numbers = text.numbers
      let isRange = text.contains(ignoringCase: "continuous")
      for usual in PCMAbility.usualRates where !rates.contains(usual) {
        let isIn =
          isRange
          ? numbers.count == 2 && numbers[0] <= usual && usual <= numbers[1]
          : numbers.contains(usual)
        if isIn { rates.append(usual) }
      }
    }
  }

  static func lines(of text: ArraySlice<UInt8>) -> [String] {
    String(decoding: text, as: UTF8.self).parts(by: UInt8(ascii: "\n"))
  }

  private static func trimmed(_ text: String) -> String {
    var bytes = Array(text.utf8)[...]
    while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
    while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// `/proc/asound/cardN/pcmXY/sub0/status`: whether somebody has the device open.
public enum StatusFile {
  public static let largest = 4_096

  /// Nil where nobody has it. The process is 0 where it lives in another container.
  public static func holder(_ text: [UInt8]) -> Holder? {
    let text = text.prefix(largest)
    guard !text.isEmpty, !text.elementsEqual("closed\n".utf8) else { return nil }
    for line in StreamFile.lines(of: text) where line.starts(ignoringCase: "owner_pid") {
      // Linux counts processes to four million.
      return Holder(process: line.numbers.first.map { $0 < 1 << 24 ? $0 : 0 } ?? 0)
    }
    return Holder()
  }
}
