/// Reads settings files, one after the other; what a later one says wins. Finds everything that is
/// wrong in them before it gives up.
public struct SettingsReader: Sendable {
  /// A settings file of all keys with all their help has a tenth of this.
  public static let largestFile = 64 << 10
  public static let longestLine = 1_024
  /// What one screen can hold; the rest is counted.
  public static let mostProblems = 50

  private var settings = DeviceSettings()
  private var origins = [SettingOrigin](repeating: .builtIn, count: SettingsTable.rows.count)
  private var problems: [SettingsProblem] = []
  private var unlisted = 0

  public init() {}

  /// A fault found while getting at the bytes.
  public mutating func report(_ fault: SettingsProblem.Fault, in file: String, line: Int = 0) {
    guard problems.count < SettingsReader.mostProblems else {
      unlisted += 1
      return
    }
    problems.append(SettingsProblem(file: file, line: line, fault: fault))
  }

  public mutating func read(_ contents: [UInt8], file: String) {
    guard contents.count <= SettingsReader.largestFile else {
      return report(.tooBig(limit: SettingsReader.largestFile), in: file)
    }
    var rest = contents[...]
    // Some editors begin a file with a byte order mark.
    if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
    var place = Place(file: file)
    for line in rest.split(separator: 0x0A, omittingEmptySubsequences: false) {
      place.line += 1
      read(line, at: &place)
    }
  }

  public func finish() throws(SettingsError) -> LoadedSettings {
    var last = self
    last.checkOrders()
    last.checkPairs()
    guard last.problems.isEmpty else {
      throw SettingsError(problems: last.problems, unlisted: last.unlisted)
    }
    return LoadedSettings(settings: settings, origins: origins)
  }

  /// How far we are in a file.
  private struct Place {
    let file: String
    var line = 0
    var section = Section.none
    /// Row numbers seen in this file, with their lines.
    var seen: [(row: Int, line: Int)] = []

    enum Section {
      case none
      /// Its heading was an error; its keys need no second one.
      case unknown
      case known(String)
    }
  }

  private mutating func read(_ raw: ArraySlice<UInt8>, at place: inout Place) {
    guard raw.count <= SettingsReader.longestLine else {
      return report(
        .lineTooLong(limit: SettingsReader.longestLine), in: place.file, line: place.line)
    }
    let line = raw.trimmed
    if line.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      return report(.controlCharacter, in: place.file, line: place.line)
    }
    guard String(decoding: line, as: UTF8.self).spells(line) else {
      return report(.notUTF8, in: place.file, line: place.line)
    }
    switch line.first {
    case nil, UInt8(ascii: "#"), UInt8(ascii: ";"): return
    case UInt8(ascii: "["): readHeading(line, at: &place)
    default: readSetting(line, at: &place)
    }
  }

  private mutating func readHeading(_ line: ArraySlice<UInt8>, at place: inout Place) {
    place.section = .unknown
    guard line.last == UInt8(ascii: "]"), line.count > 2 else {
      return report(
        .badSectionLine(given: String(printing: line)), in: place.file, line: place.line)
    }
    let name = line.dropFirst().dropLast().trimmed
    for section in SettingsTable.sections where section.name.spells(name) {
      place.section = .known(section.name)
      return
    }
    report(
      .unknownSection(
        given: String(printing: name),
        nearest: Nearest.name(to: name, among: SettingsTable.sections.map { $0.name })),
      in: place.file, line: place.line)
  }

  private mutating func readSetting(_ line: ArraySlice<UInt8>, at place: inout Place) {
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")), equals > line.startIndex else {
      if case .unknown = place.section { return }
      return report(.noEqualsSign(given: String(printing: line)), in: place.file, line: place.line)
    }
    let key = line[..<equals].trimmed
    let given = line[(equals + 1)...].trimmed
    switch place.section {
    case .unknown: return
    case .none:
      report(
        .outsideSection(given: String(printing: line), home: SettingsReader.home(of: key)),
        in: place.file, line: place.line)
    case .known(let section):
      guard let row = SettingsTable.find(Array(section.utf8)[...], key) else {
        return report(
          .unknownKey(
            section: section, given: String(printing: key),
            nearest: Nearest.name(to: key, among: SettingsTable.keys(of: section)),
            home: SettingsReader.home(of: key)), in: place.file, line: place.line)
      }
      take(given, for: row, at: &place)
    }
  }

  private mutating func take(_ given: ArraySlice<UInt8>, for row: Int, at place: inout Place) {
    let setting = SettingsTable.rows[row]
    if let first = place.seen.first(where: { $0.row == row }) {
      return report(
        .givenTwice(name: setting.name, firstLine: first.line), in: place.file, line: place.line)
    }
    place.seen.append((row, place.line))
    do throws(ValueFault) {
      setting.store(try setting.kind.parse(given), in: &settings)
      origins[row] = .file(place.file, line: place.line)
    } catch {
      report(
        .badValue(
          name: setting.name, given: String(printing: given), fault: error,
          allowed: setting.kind.allowed), in: place.file, line: place.line)
    }
  }

  /// The only section with such a key, or nil.
  private static func home(of key: ArraySlice<UInt8>) -> String? {
    var homes: [String] = []
    for row in SettingsTable.rows where row.key.spells(key) { homes.append(row.section) }
    return homes.count == 1 ? homes[0] : nil
  }

  /// Blames the later of two lines that do not go together.
  private mutating func checkOrders() {
    for order in SettingsTable.orders {
      guard let shorter = SettingsTable.find(order.section, order.shorter),
        let longer = SettingsTable.find(order.section, order.longer),
        case .number(let least) = SettingsTable.rows[shorter].value(in: settings),
        case .number(let most) = SettingsTable.rows[longer].value(in: settings),
        most < least * order.times
      else { continue }
      let names = (SettingsTable.rows[shorter].name, SettingsTable.rows[longer].name)
      let needed =
        order.times == 1
        ? "\(names.1) must be at least as long"
        : "\(names.1) must be at least \(order.times) times as long"
      for blamed in [longer, shorter] {
        guard case .file(let file, let line) = origins[blamed] else { continue }
        report(
          .outOfOrder(
            shorter: "\(names.0) = \(SettingsTable.rows[shorter].text(in: settings))",
            longer: "\(names.1) = \(SettingsTable.rows[longer].text(in: settings))",
            needed: needed), in: file, line: line)
        break
      }
    }
  }

  private mutating func checkPairs() {
    for (one, other) in SettingsTable.pairs {
      for (given, missing) in [(one, other), (other, one)] {
        guard let row = SettingsTable.find(given), let partner = SettingsTable.find(missing),
          !SettingsTable.rows[row].text(in: settings).utf8.isEmpty,
          SettingsTable.rows[partner].text(in: settings).utf8.isEmpty,
          case .file(let file, let line) = origins[row]
        else { continue }
        report(.alone(name: given, missing: missing), in: file, line: line)
      }
    }
  }
}

/// Where a value came from.
public enum SettingOrigin: Equatable, Sendable, CustomStringConvertible {
  case builtIn
  case file(String, line: Int)
  /// Somebody said so to the running daemon.
  case order

  public var description: String {
    switch self {
    case .builtIn: "default"
    case .file(let path, let line): "\(path):\(line)"
    case .order: "said since the start"
    }
  }
}

/// The settings in force and where each comes from.
public struct LoadedSettings: Equatable, Sendable {
  public private(set) var settings: DeviceSettings
  /// One for each row of the table.
  public private(set) var origins: [SettingOrigin]

  public init(settings: DeviceSettings, origins: [SettingOrigin]) {
    precondition(origins.count == SettingsTable.rows.count)
    self.settings = settings
    self.origins = origins
  }

  /// Changes one that is fit, such as a command gave it.
  public mutating func set(_ section: String, _ key: String, _ text: String) {
    guard let row = SettingsTable.find(section, key), let value = SettingsTable.rows[row].read(text)
    else { return }
    SettingsTable.rows[row].store(value, in: &settings)
    origins[row] = .order
  }
}
