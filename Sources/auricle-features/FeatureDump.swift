internal import Linux
internal import Room
internal import SpeexDSP
internal import VoiceCore

/// What the learned listener is told about recorded scenes, for training: the same code that runs
/// on the device writes it down.
@main enum FeatureDump {
  static let usage = "usage: auricle-features OUT SCENE..."
  static let largestFile = 64 << 20

  static func main() { Process.exit(run(Array(Process.arguments.dropFirst()))) }

  private static func run(_ arguments: [String]) -> Int32 {
    guard arguments.count >= 2 else {
      Output.complain(usage)
      return 2
    }
    for scene in arguments.dropFirst() {
      do throws(LinuxError) {
        try dump(scene, into: arguments[0])
      } catch {
        Output.complain("auricle-features: \(scene): \(error.description)")
        return 1
      }
    }
    return 0
  }

  /// `SCENE.features` holds 32-bit floats, a row for each frame, and `SCENE.error` the 16-bit sound
  /// that the canceller left.
  private static func dump(_ scene: String, into folder: String) throws(LinuxError) {
    let mic = try load(scene + "/mic.wav")
    let reference = try load(scene + "/ref.wav")
    var name = scene.utf8.split(separator: 0x2F).last.map { String(decoding: $0, as: UTF8.self) }
    name = name ?? "scene"
    let features = try Files.create("\(folder)/\(name!).features")
    let errors = try Files.create("\(folder)/\(name!).error")
    var chain = HearingChain(hint: SpeexSpeechHint.open())
    var time = SampleTime.start
    var row = [Float](repeating: 0, count: chain.featureCount)
    var error = Frame()
    var featureBytes: [UInt8] = []
    var errorBytes: [UInt8] = []
    for index in 0..<min(mic.count, reference.count) {
      time = time + Frame.span
      _ = chain.hear(mic: mic[index], reference: reference[index], at: time)
      chain.readFeatures(into: &row)
      chain.readError(into: &error)
      row.withUnsafeBytes { featureBytes += $0 }
      withUnsafeBytes(of: error.samples) { errorBytes += $0 }
    }
    try features.writeAll(featureBytes)
    try errors.writeAll(errorBytes)
  }

  private static func load(_ path: String) throws(LinuxError) -> [Frame] {
    let bytes = try Files.read(path, limit: largestFile)
    do throws(WaveError) {
      return Frame.cut(try WaveFile.decode(bytes).mono16kHz())
    } catch {
      Output.complain("auricle-features: \(path): \(error.description)")
      Process.exit(1)
    }
  }
}
