internal import ControlProtocol
internal import DeviceLink
internal import Linux
internal import Settings
internal import VoiceCore
internal import WebSockets

/// What only the daemon can know of itself, for `auricle check`, which says what it means.
struct SelfCheck {
  let settings: DeviceSettings
  let sound: SoundProblem?
  let health: MicrophoneHealth.Trouble?
  /// Why there is no connection.
  let loss: LinkLoss?

  /// Writes and reads a little on the disk: milliseconds, when somebody asks.
  func add(to fields: inout Fields, link: AgentLink?) {
    if let sound { add("sound", sound.kind.code, sound.reason, sound.advice, to: &fields) }
    if let health { add("microphone", health.code, health.reason, health.advice, to: &fields) }
    if let loss { add("link", loss.code, loss.reason, loss.advice, to: &fields) }
    if let link {
      fields.add("token", link.tokenKind)
      if let left = link.tokenLeft { fields.add("token_left_ms", left) }
      if let end = link.certificateEnd { fields.add("certificate_ends", end) }
      fields.add("clock_floor", link.clockFloor)
    }
    addOwnCertificate(to: &fields)
    addDisk(to: &fields)
  }

  private func add(
    _ part: String, _ code: String, _ reason: String, _ advice: String, to fields: inout Fields
  ) {
    fields.add(part + "_code", code)
    fields.add(part + "_reason", reason)
    fields.add(part + "_advice", advice)
  }

  private func addOwnCertificate(to fields: inout Fields) {
    let file = settings.device.certificateFile
    guard !file.isEmpty else { return }
    do throws(LinuxError) {
      if let end = try CertificateFile.end(file) {
        fields.add("own_certificate_ends", end)
      } else {
        fields.add("own_certificate_problem", "\(file) holds no certificate")
      }
    } catch {
      fields.add("own_certificate_problem", error.description)
    }
  }

  private func addDisk(to fields: inout Fields) {
    let folder = settings.device.state
    fields.add("state_folder", folder)
    guard !folder.isEmpty else { return }
    if let free = Disk.freeKiB(folder) { fields.add("state_free_kib", free) }
    do throws(LinuxError) { try Disk.tryWriting(folder) } catch {
      fields.add("state_problem", error.description)
    }
  }
}
