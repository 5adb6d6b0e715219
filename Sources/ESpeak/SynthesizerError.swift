public enum SynthesizerError: Error, Equatable, Sendable, CustomStringConvertible {
  case dataMissing
  case unknownVoice(String)
  case library(action: String, code: Int32)

  public var description: String {
    switch self {
    case .dataMissing: "cannot start espeak-ng: install the package espeak-ng-data"
    case .unknownVoice(let name):
      "espeak-ng has no voice \"\(name)\": `espeak-ng --voices=en` lists those there are, "
        + "and +f2 or +m3 after a name varies it"
    case .library(let action, let code): "espeak-ng cannot \(action) (code \(code))"
    }
  }
}
