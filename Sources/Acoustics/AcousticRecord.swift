internal import ControlProtocol

/// What a measurement found, for the next one to compare with: kept on the device, some 2 KB, and
/// without any sound but the outline of a click's answer.
public struct AcousticRecord: Equatable, Sendable {
  public var measured: Measurement
  /// Seconds since 1970; 0 when the clock was wrong.
  public var at: Int64
  public var microphone: String
  public var loudspeaker: String
  public var firmware: String
  /// 0 to 100.
  public var volume: Int
  public var grade: Finding.Grade

  public init(
    _ measured: Measurement, at: Int64, microphone: String, loudspeaker: String, firmware: String,
    volume: Int, grade: Finding.Grade
  ) {
    self.measured = measured
    self.at = at
    self.microphone = microphone
    self.loudspeaker = loudspeaker
    self.firmware = firmware
    self.volume = volume
    self.grade = grade
  }

  public func isOfSameCards(as other: AcousticRecord) -> Bool {
    microphone.isSame(as: other.microphone) && loudspeaker.isSame(as: other.loudspeaker)
  }

  public var day: String { at > 0 ? Day.text(at) : "an unknown day" }

  var fields: Fields {
    var fields = Fields()
    fields.add("at", at)
    fields.add("microphone", microphone)
    fields.add("loudspeaker", loudspeaker)
    fields.add("firmware", firmware)
    fields.add("volume", volume)
    fields.add("grade", grade.word)
    measured.write(to: &fields, withClick: false)
    return fields
  }

  init?(_ fields: Fields) {
    guard let measured = Measurement(fields), let at = fields.number("at"),
      let grade = Finding.Grade.allCases.first(where: {
        fields["grade"]?.isSame(as: $0.word) ?? false
      })
    else { return nil }
    self.init(
      measured, at: at, microphone: fields["microphone"] ?? "",
      loudspeaker: fields["loudspeaker"] ?? "", firmware: fields["firmware"] ?? "",
      volume: Int(fields.number("volume") ?? 0), grade: grade)
  }
}

/// The file with the two records that matter: how it was when it was installed, and the last one.
public struct AcousticFile: Equatable, Sendable {
  /// The first good one, or the one that somebody declared good.
  public var installed: AcousticRecord?
  public var last: AcousticRecord?

  /// A damaged file of another size is not worth reading.
  public static let largest = 32 << 10
  private static let version = "1"

  public init() {}

  public enum Damage: Error, Equatable {
    case notOurs, otherVersion

    public var reason: String {
      switch self {
      case .notOurs: "it is damaged"
      case .otherVersion: "it is of another version"
      }
    }
  }

  public var contents: [UInt8] {
    var head = Fields()
    head.add("acoustics", AcousticFile.version)
    var bytes = head.encode()
    for (kind, record) in [("installed", installed), ("last", last)] {
      guard let record else { continue }
      var fields = Fields()
      fields.add("kind", kind)
      for field in record.fields.all { fields.add(field.key, field.value) }
      bytes += fields.encode()
    }
    return bytes
  }

  public init(contents: [UInt8]) throws(Damage) {
    guard contents.count <= AcousticFile.largest else { throw .notOurs }
    let blocks = try AcousticFile.blocks(contents)
    guard let version = blocks.first?["acoustics"] else { throw .notOurs }
    guard version.isSame(as: AcousticFile.version) else { throw .otherVersion }
    for fields in blocks.dropFirst() {
      guard let record = AcousticRecord(fields), let kind = fields["kind"] else { throw .notOurs }
      if kind.isSame(as: "installed") { installed = record } else { last = record }
    }
  }

  private static func blocks(_ contents: [UInt8]) throws(Damage) -> [Fields] {
    var reader = BlockReader()
    reader.append(contents[...])
    var blocks: [Fields] = []
    do throws(ControlError) {
      while let fields = try reader.next() { blocks.append(fields) }
    } catch {
      throw .notOurs
    }
    if reader.isInsideBlock { throw .notOurs }
    return blocks
  }

  /// Takes a new record in. Other cards are no reason to forget how it was: that is worth telling
  /// until somebody says that it is meant.
  ///
  /// - Parameter accept: somebody says that it is as it should be.
  public mutating func take(_ record: AcousticRecord, accept: Bool) {
    last = record
    let isUsable = record.grade <= .remark && record.measured.echo != nil
    guard isUsable else { return }
    if installed == nil || accept { installed = record }
  }
}
