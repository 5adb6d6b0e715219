internal import ControlProtocol
internal import Linux
internal import VoiceCore

/// Reads the recordings an owner may put in place of our own sounds. A missing one is our own sound,
/// and so is one that cannot be used, which the log names.
enum CueFiles {
  /// Five seconds take 160 KB; the rest is for what other programs write into the header.
  static let largest = 1 << 20

  /// - Parameters:
  ///   - folder: empty: our own sounds.
  ///   - complain: is told of each file that cannot be used.
  static func load(_ folder: String, complain: (SoundProblem) -> Void) -> CueSounds {
    let isFolder = Files.isFolder(folder)
    if !isFolder, !folder.isEmpty {
      complain(SoundProblem(reason: folder + " is no folder", advice: "correct speaker.cues"))
    }
    return CueSounds { cue in
      let path = folder + "/" + cue.word + ".wav"
      guard isFolder, Files.exists(path) else { return nil }
      let advice = "cues are WAV files of 16 kHz, mono, 16 bit, 5 s at most: auricle-agent --say"
      do throws(SoundProblem) {
        let sound = try CardOpener.load(path, limit: largest, advice: advice)
        if sound.count <= Int(CueSounds.longest.samples) { return sound }
        throw SoundProblem(reason: path + ": it is longer than 5 s", advice: advice)
      } catch {
        complain(error)
        return nil
      }
    }
  }

  static func log(_ problem: SoundProblem) {
    var happening = Happening("cue", at: .start)
    happening.fields.add("phase", "failed")
    happening.fields.add("reason", problem.reason)
    happening.fields.add("advice", problem.advice)
    Log.warning(happening.line)
  }
}
