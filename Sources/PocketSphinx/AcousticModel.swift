internal import CPocketSphinx

/// The trained model on disk: how sounds of a language look. Checked before the library sees it,
/// because the library ends the process over a file it misses.
public struct AcousticModel: Sendable {
  /// Where Debian's pocketsphinx-en-us puts it.
  public static let usual = AcousticModel(folder: "/usr/share/pocketsphinx/model/en-us")

  let acousticFolder: String
  let dictionaryFile: String

  public init(folder: String) {
    acousticFolder = folder + "/en-us"
    dictionaryFile = folder + "/cmudict-en-us.dict"
  }

  private static let parts = [
    "mdef", "means", "variances", "transition_matrices", "sendump", "feat.params", "noisedict",
  ]

  func check() throws(RecogniserError) {
    let files = AcousticModel.parts.map { acousticFolder + "/" + $0 } + [dictionaryFile]
    for file in files where access(file, R_OK) != 0 {
      throw .modelMissing(file: file)
    }
  }
}
