internal import Linux
internal import Room
internal import VoiceCore

/// Reads the recordings an owner may put in place of our own sounds. A missing one is our own sound,
/// and so is one that cannot be used, which the log names.
enum CueFiles {
  /// Five seconds take 160 KB; the rest is for what other programs write into the header.
  static let largest = 1 << 20
  static let advice =
    "cues are WAV files of 16 kHz, mono, 16 bit and at most 5 s; auricle-agent --say makes them"

  /// - Parameters:
  ///   - folder: empty: our own sounds.
  ///   - complain: gets the line for the log.
  static func load(_ folder: String, complain: (String) -> Void = { Log.warning($0) }) -> CueSounds
  {
    guard !folder.isEmpty else { return CueSounds() }
    if !Files.isFolder(folder) {
      complain(line(folder, "it is no folder", "correct speaker.cues"))
      return CueSounds()
    }
    return CueSounds { recording(of: $0, in: folder, complain: complain) }
  }

  private static func recording(of cue: Cue, in folder: String, complain: (String) -> Void)
    -> [Int16]?
  {
    let path = "\(folder)/\(cue.word).wav"
    guard Files.exists(path) else { return nil }
    do throws(LinuxError) {
      let bytes = try Files.read(path, limit: largest)
      do throws(WaveError) {
        let sound = try WaveFile.decode(bytes).mono16kHz()
        if sound.count <= Int(CueSounds.longest.samples) { return sound }
        complain(line(path, "it is longer than 5 s", advice))
      } catch {
        complain(line(path, error.description, advice))
      }
    } catch {
      complain(
        line(path, error.description, error.isTooBig ? advice : "let the daemon's user read it"))
    }
    return nil
  }

  private static func line(_ path: String, _ reason: String, _ advice: String) -> String {
    "cue not used, our own is heard file=\(Log.quoted(path)) reason=\(Log.quoted(reason)) advice=\(Log.quoted(advice))"
  }
}
