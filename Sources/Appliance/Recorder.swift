internal import Linux
internal import Room
internal import Settings
internal import VoiceCore

/// Writes what the audio thread recorded to a WAV file, from the conversation thread.
final class Recorder {
  enum Channels { case microphoneAndLoudspeaker, loudspeaker }

  /// Longer conversations keep their first hour: 220 MB.
  static let longest = SampleSpan.seconds(3_600)
  /// Written in pieces of about a quarter of a second.
  static let pieceSize = 16_384
  static let headerEvery = SampleSpan.seconds(5)

  let path: String
  private let channels: Channels
  private var file: FileDescriptor?
  private var piece: [UInt8] = []
  private var frames = 0
  private var framesInHeader = 0

  /// Nil when nothing is to be recorded.
  static func open(_ settings: DeviceSettings) throws(LinuxError) -> Recorder? {
    switch settings.sound.card {
    case .room where !settings.room.recording.isEmpty:
      try Files.makeFolder(settings.room.recording)
      return try Recorder(
        path: settings.room.recording + "/room.wav", channels: .microphoneAndLoudspeaker)
    case .wav where !settings.wav.loudspeaker.isEmpty:
      return try Recorder(path: settings.wav.loudspeaker, channels: .loudspeaker)
    case .alsa, .room, .wav:
      return nil
    }
  }

  init(path: String, channels: Channels) throws(LinuxError) {
    self.path = path
    self.channels = channels
    let created = try Files.create(path)
    do throws(LinuxError) { try created.writeAll(Recorder.header(channels, frames: 0)) } catch {
      throw LinuxError("record to", path, code: error.code)
    }
    file = consume created
    piece.reserveCapacity(Recorder.pieceSize + 1_024)
  }

  /// - Throws: once, when the disk is full or gone; from then on nothing is recorded.
  func add(_ recorded: RecordedFrame) throws(LinuxError) {
    guard file != nil, SampleSpan.frames(frames) < Recorder.longest else { return }
    for index in 0..<Frame.sampleCount {
      if channels == .microphoneAndLoudspeaker { append(recorded.mic[index]) }
      append(recorded.speaker[index])
    }
    frames += 1
    if piece.count >= Recorder.pieceSize { try flush() }
  }

  /// Writes what is left and the header's true length.
  func finish() throws(LinuxError) {
    try flush()
    guard let file = file.take() else { return }
    try Files.patch(file, at: 0, with: Recorder.header(channels, frames: frames))
  }

  private func flush() throws(LinuxError) {
    guard let open = file.take() else { return }
    do throws(LinuxError) { try open.writeAll(piece) } catch {
      piece.removeAll()
      throw LinuxError("record to", path, code: error.code)
    }
    piece.removeAll(keepingCapacity: true)
    // Should the power go, what was recorded so far can be played.
    if SampleSpan.frames(frames - framesInHeader) >= Recorder.headerEvery {
      try Files.patch(open, at: 0, with: Recorder.header(channels, frames: frames))
      framesInHeader = frames
    }
    file = consume open
  }

  private func append(_ sample: Int16) {
    let bits = UInt16(bitPattern: sample)
    piece.append(UInt8(truncatingIfNeeded: bits))
    piece.append(UInt8(truncatingIfNeeded: bits >> 8))
  }

  private static func header(_ channels: Channels, frames: Int) -> [UInt8] {
    WaveFile.header(
      rate: Frame.sampleRate, channels: channels == .loudspeaker ? 1 : 2,
      frames: frames * Frame.sampleCount)
  }
}
