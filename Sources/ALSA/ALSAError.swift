internal import CALSA

/// A sound card that refused: which one, what we asked, and ALSA's reason.
public struct ALSAError: Error, Equatable, Sendable, CustomStringConvertible {
  public let device: String
  public let action: String
  public let code: Int32
  /// Better than what the code alone can tell.
  private let knownAdvice: String?

  init(device: String, action: String, code: Int32, advice: String? = nil) {
    self.device = device
    self.action = action
    self.code = code
    knownAdvice = advice
  }

  public static func reason(code: Int32) -> String { String(cString: snd_strerror(code)) }
  public var reason: String { ALSAError.reason(code: code) }

  /// The card is there and does not move.
  public static func isSilence(code: Int32) -> Bool { code == -EIO || code == -ETIMEDOUT }
  /// No clock stands behind it.
  public static func isRacing(code: Int32) -> Bool { code == -ERANGE }
  public var description: String { "cannot \(action) '\(device)': \(reason)" }

  private var noSuchCard: String {
    "no such card: see the names with 'aplay -L', then set alsa.microphone and alsa.loudspeaker"
  }

  /// Somebody else has it open.
  public var isBusy: Bool { code == -EBUSY }

  /// What a technician can do about it.
  public var advice: String {
    if let knownAdvice { return knownAdvice }
    return switch -code {
    case ENOENT, ENODEV, ENXIO:
      noSuchCard
    case EINVAL where isOpening:
      // A card number beyond all cards.
      noSuchCard
    case EBUSY: "another program holds it: see which with 'fuser -v /dev/snd/*'"
    case EACCES, EPERM: "this user may not use sound: add it to the group 'audio'"
    case EINVAL: "the card takes none of the shapes we know: use a 'plughw:' or 'default' device"
    default: "is the card plugged in? 'aplay -L' lists what is there"
    }
  }

  /// The card is there, but takes nothing that we have.
  var isRefusal: Bool { code == -EINVAL && !isOpening }
  /// Then it is the name that is wrong; shapes are asked for later.
  private var isOpening: Bool { action.utf8.elementsEqual("open".utf8) }

  static func check(_ code: Int32, _ action: String, _ device: String) throws(ALSAError) {
    if code < 0 { throw ALSAError(device: device, action: action, code: code) }
  }
}
