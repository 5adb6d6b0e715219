internal import Linux
internal import Settings
internal import VoiceCore

/// Keeps the echo's path in a file from one start to the next, on the conversation thread. Nothing
/// depends on it: without the file, or with a bad one, the first reply is a little harder to
/// interrupt, and that is all.
final class EchoKeeper {
  /// Flash wears out: 13 KB at a time, and only while the device is used.
  static let every = SampleSpan.seconds(600)

  /// Nil when nothing is to be kept.
  private let path: String?
  /// What it is learned on; another one after another card was taken.
  private var card: UInt64
  private var hasComplained = false
  private var repliesKept = 0
  private var nextAt = SampleTime.start + EchoKeeper.every
  /// Whether this start began with what an earlier one had learned.
  private(set) var hasEarlier = false

  init(_ settings: DeviceSettings) {
    let folder = settings.device.state
    path = folder.isEmpty ? nil : folder + "/echo-path"
    card = EchoFile.card(of: settings)
  }

  /// From now on this is what is learned on.
  ///
  /// - Parameters:
  ///   - settings: with the cards in use by what they are, whatever was wished.
  ///   - replies: heard so far: what they taught belongs to the card before.
  func learns(on settings: DeviceSettings, replies: Int) {
    let fresh = EchoFile.card(of: settings)
    if fresh == card { return }
    card = fresh
    repliesKept = replies
  }

  /// What an earlier start has learned.
  func load(into memory: inout EchoMemory) -> Bool {
    guard let path, Files.exists(path) else { return false }
    do throws(LinuxError) {
      let bytes = try Files.read(path, limit: 4 * EchoFile.size)
      do throws(EchoFile.Damage) {
        try EchoFile.decode(bytes, card: card, into: &memory)
      } catch {
        Log.warning(
          "echo path of an earlier run is not used file=\(Log.quoted(path)) reason=\(Log.quoted(error.reason))"
        )
        return false
      }
    } catch {
      Log.warning(
        "echo path of an earlier run is not used reason=\(Log.quoted(error.description))")
      return false
    }
    Log.info("echo path of an earlier run is used file=\(Log.quoted(path))")
    hasEarlier = true
    return true
  }

  /// Whether it is time to ask the audio thread for what it has learned.
  func isDue(at now: SampleTime, replies: Int) -> Bool {
    guard path != nil, now >= nextAt else { return false }
    nextAt = now + EchoKeeper.every
    return replies > repliesKept
  }

  /// Whether replies were heard since it was last written.
  func hasNews(replies: Int) -> Bool { path != nil && replies > repliesKept }

  func keep(_ memory: borrowing EchoMemory, replies: Int) {
    guard let path else { return }
    repliesKept = replies
    do throws(LinuxError) {
      try Files.replace(path, with: EchoFile.encode(memory, card: card), mode: 0o600)
      hasComplained = false
    } catch {
      // A full disk, or a folder nobody made: once is enough.
      if !hasComplained {
        Log.warning("echo path is not kept reason=\(Log.quoted(error.description))")
      }
      hasComplained = true
    }
  }
}
