public import ControlProtocol

/// The file with the two records that matter: how it was when it was installed, and the last one. Some
/// 2 KB, and no sound but the outline of a click's answer.
///
/// A record is what `Measurement.write` makes of one, after who, what and when it was.
public struct AcousticFile: Equatable, Sendable {
  /// The first good one, or the one that somebody declared good.
  public private(set) var installed: Fields?
  public private(set) var last: Fields?

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
    if let installed { bytes += installed.encode() }
    if let last { bytes += last.encode() }
    return bytes
  }

  public init(contents: [UInt8]) throws(Damage) {
    guard contents.count <= AcousticFile.largest else { throw .notOurs }
    let blocks = try AcousticFile.blocks(contents)
    guard let version = blocks.first?["acoustics"] else { throw .notOurs }
    guard version.isSame(as: AcousticFile.version) else { throw .otherVersion }
    for fields in blocks.dropFirst() {
      guard let kind = fields["kind"], fields["microphone_constant"] != nil else { throw .notOurs }
      if kind.isSame(as: "installed") { installed = fields } else { last = fields }
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
  /// - Parameters:
  ///   - isGood: fit to be compared with.
  ///   - accept: somebody says that it is as it should be.
  public mutating func take(_ record: Fields, isGood: Bool, accept: Bool) {
    last = AcousticFile.record(record, "last")
    if isGood, installed == nil || accept { installed = AcousticFile.record(record, "installed") }
  }

  private static func record(_ record: Fields, _ kind: String) -> Fields {
    var fields = Fields()
    fields.add("kind", kind)
    for field in record.all { fields.add(field.key, field.value) }
    return fields
  }
}
