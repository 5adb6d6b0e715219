internal import CLinux

/// What the machine says about itself in files of the kernel. Nil where it says nothing.
public enum Board {
  /// Of the hottest zone, in degrees.
  public static func temperature(root: String = "") -> Double? {
    let folder = root + "/sys/class/thermal"
    // Without such a folder there is no thermometer, which is what nil says.
    guard let zones = try? Files.list(folder) else { return nil }
    var hottest: Double?
    for zone in zones where zone.utf8.starts(with: "thermal_zone".utf8) {
      guard let text = text(folder + "/" + zone + "/temp"), let thousandths = Int(text) else {
        continue
      }
      let degrees = Double(thousandths) / 1_000
      // Broken thermometers say 0 or -273 or thousands.
      guard degrees > -60, degrees < 200 else { continue }
      hottest = max(hottest ?? degrees, degrees)
    }
    return hottest
  }

  /// The Raspberry Pi's word for its supply and its speed: bits for now, and above them for all the
  /// time since the start.
  public static func throttled(root: String = "") -> UInt32? {
    for path in [
      "/sys/devices/platform/soc/soc:firmware/get_throttled",
      "/sys/devices/platform/soc/soc:firmware/throttled",
    ] {
      guard let text = text(root + path) else { continue }
      let digits = text.utf8.starts(with: "0x".utf8) ? String(text.utf8.dropFirst(2)) ?? text : text
      return UInt32(digits, radix: 16)
    }
    return nil
  }

  /// KiB that can still be had, and all there are.
  public static func memory(root: String = "") -> (freeKiB: Int, allKiB: Int)? {
    guard let bytes = contents(root + "/proc/meminfo") else { return nil }
    var free: Int?
    var all: Int?
    for line in bytes.split(separator: 0x0A) {
      if line.starts(with: "MemAvailable:".utf8) { free = number(line) }
      if line.starts(with: "MemTotal:".utf8) { all = number(line) }
    }
    guard let free, let all else { return nil }
    return (free, all)
  }

  private static func number(_ line: ArraySlice<UInt8>) -> Int? {
    let digits = line.filter { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  private static func text(_ path: String) -> String? {
    guard let bytes = contents(path) else { return nil }
    let end = bytes.firstIndex { $0 <= 0x20 } ?? bytes.count
    return String(decoding: bytes[..<end], as: UTF8.self)
  }

  private static func contents(_ path: String) -> [UInt8]? {
    // Not there on most boards, and then nobody says anything.
    try? Files.read(path, limit: 64 << 10)
  }
}

/// What a folder has room for.
public enum Disk {
  /// Nil where it cannot be told.
  public static func freeKiB(_ folder: String) -> Int? {
    let free = clinux_free_kib(folder)
    return free < 0 ? nil : Int(clamping: free)
  }

  /// Writes a file as everything is written there, and takes it away again.
  public static func tryWriting(_ folder: String) throws(LinuxError) {
    let path = folder + "/check"
    try Files.replace(path, with: Array("a check wrote this\n".utf8), mode: 0o600)
    try Files.remove(path)
  }
}
