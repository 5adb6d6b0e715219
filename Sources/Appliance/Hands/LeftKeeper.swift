internal import Linux
internal import VoiceCore

/// Keeps how the device was left in a file, on the conversation thread.
final class LeftKeeper {
  /// A knob that is turned is written down once, when it has come to rest; a mute at once.
  static let rest = SampleSpan.seconds(2)
  /// The file has five short lines.
  static let largest = 1_024

  /// Nil when nothing is to be kept.
  private let path: String?
  private(set) var state = LeftState()
  /// What was read is there, but damaged.
  private(set) var isDamaged = false
  private var written = LeftState()
  private var writeAt: SampleTime?
  private var hasComplained = false

  init(folder: String) {
    path = folder.isEmpty ? nil : folder + "/as-left"
    guard let path, Files.exists(path) else { return }
    var reason = "\(path) is damaged"
    do throws(LinuxError) {
      if let left = LeftState.parse(try Files.read(path, limit: LeftKeeper.largest)) {
        state = left
        written = left
        return
      }
    } catch { reason = error.description }
    isDamaged = true
    Log.warning("how the device was left is not known reason=\(Log.quoted(reason))")
  }

  /// - Parameter isUrgent: whoever muted it and pulls the plug finds it muted.
  func keep(_ state: LeftState, at now: SampleTime, isUrgent: Bool) {
    self.state = state
    if isUrgent { write() } else { writeAt = now + LeftKeeper.rest }
  }

  func tick(at now: SampleTime) {
    if let writeAt, now >= writeAt { write() }
  }

  /// What is still to be written, at the end at the latest.
  func write() {
    writeAt = nil
    guard let path, state != written else { return }
    do throws(LinuxError) {
      try Files.replace(path, with: state.encode(), mode: 0o600)
      written = state
      hasComplained = false
    } catch {
      // A full disk, or a folder nobody made: once is enough.
      if !hasComplained {
        Log.warning("how the device is left is not kept reason=\(Log.quoted(error.description))")
      }
      hasComplained = true
    }
  }
}
