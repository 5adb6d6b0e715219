internal import Linux
package import VoiceCore

/// One light of the kernel's LED class. It may come and go; what cannot be written is said once.
package final class Light {
  /// How soon one that is not there is looked for again, and one that is there is looked at.
  package static let lookEvery = SampleSpan.seconds(2)
  static let largest = 256

  package let name: String
  private let path: String
  private var most = 0
  /// Names of its colours in their order; empty: it has one.
  private var colours: [String] = []
  private var mark: FileMark?
  private var level: Int?
  private var colour: LightColour?
  private var nextLook = SampleTime.start
  private var lastComplaint = ""

  /// - Parameter folder: of all lights.
  package init(_ name: String, in folder: String = "/sys/class/leds") {
    self.name = name
    path = "\(folder)/\(name)"
  }

  /// Writes what is not so yet. Costs nothing while nothing changes.
  package func show(_ percent: Int, _ colour: LightColour, at now: SampleTime) {
    if now >= nextLook {
      nextLook = now + Light.lookEvery
      look()
    }
    guard mark != nil else { return }
    do throws(LinuxError) {
      // Only on or off: what is dim is off.
      let wanted = most == 1 ? (percent >= 50 ? 1 : 0) : (percent * most + 50) / 100
      if !colours.isEmpty, colour != self.colour, wanted > 0 {
        try write("multi_intensity", intensities(colour))
        self.colour = colour
      }
      guard wanted != level else { return }
      try write("brightness", "\(wanted)")
      level = wanted
    } catch { lose(error) }
  }

  private func intensities(_ colour: LightColour) -> String {
    var text = ""
    for name in colours {
      let share =
        name.utf8.elementsEqual("red".utf8)
        ? colour.red
        : name.utf8.elementsEqual("green".utf8)
          ? colour.green : name.utf8.elementsEqual("blue".utf8) ? colour.blue : 0
      text += text.isEmpty ? "\(share * most / 100)" : " \(share * most / 100)"
    }
    return text
  }

  /// Finds it, or finds that it is another one now.
  private func look() {
    let found = Files.mark(of: path)
    guard found != mark else { return }
    mark = nil
    level = nil
    colour = nil
    guard let found else { return }
    do throws(LinuxError) {
      most = max(1, number(try read("max_brightness")))
      // Whatever the kernel shows with it otherwise: it is ours now.
      try write("trigger", "none")
      colours = []
      if Files.exists("\(path)/multi_index") {
        let index = try read("multi_index")
        for word in index.split(separator: UInt8(ascii: " ")) {
          colours.append(String(decoding: word, as: UTF8.self))
        }
      }
      mark = found
    } catch { lose(error) }
  }

  private func read(_ attribute: String) throws(LinuxError) -> ArraySlice<UInt8> {
    let bytes = try Files.read("\(path)/\(attribute)", limit: Light.largest)
    return bytes.prefix { $0 != 0x0A }
  }

  private func number(_ digits: ArraySlice<UInt8>) -> Int {
    var number = 0
    for digit in digits.prefix(6) where digit >= 0x30 && digit <= 0x39 {
      number = number * 10 + Int(digit - 0x30)
    }
    return number
  }

  private func write(_ attribute: String, _ text: String) throws(LinuxError) {
    try Files.set("\(path)/\(attribute)", to: text)
  }

  private func lose(_ error: LinuxError) {
    mark = nil
    guard !error.isNotFound, !lastComplaint.utf8.elementsEqual(error.description.utf8) else {
      return
    }
    lastComplaint = error.description
    var line =
      "a light cannot be set light=\(Log.quoted(name)) reason=\(Log.quoted(error.description))"
    if error.isPermission {
      line += " advice=\"let the group 'auricle' write it: systemd/auricle.rules does\""
    }
    Log.warning(line)
  }
}
