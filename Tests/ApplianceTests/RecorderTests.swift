import Linux
import Room
import Settings
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

@Suite struct RecorderTests {
  let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func frames(_ count: Int) -> [RecordedFrame] {
    let mic = Frame.cut(Voice(seed: 101).speak(seconds: Double(count) / 100))
    let speaker = Frame.cut(Voice(seed: 102).speak(seconds: Double(count) / 100))
    return (0..<count).map { RecordedFrame(mic: mic[$0], speaker: speaker[$0]) }
  }

  @Test(arguments: [0, 1, 25, 26, 130])
  func aRoomIsRecordedWithMicrophoneLeftAndLoudspeakerRight(count: Int) throws {
    var settings = DeviceSettings()
    settings.sound.card = .room
    settings.room.recording = folder.path + "/new/deep"
    let recorder = try #require(try Recorder.open(settings))
    let frames = frames(count)
    for frame in frames { try recorder.add(frame) }
    try recorder.finish()
    let sound = try WaveFile.decode(Files.read(settings.room.recording + "/room.wav"))
    #expect(sound.rate == 16_000 && sound.channels == 2)
    #expect(sound.channel(0) == frames.flatMap(\.mic.all))
    #expect(sound.channel(1) == frames.flatMap(\.speaker.all))
  }

  @Test func aFileCardRecordsOnlyTheLoudspeaker() throws {
    var settings = DeviceSettings()
    settings.sound.card = .wav
    #expect(try Recorder.open(settings) == nil)
    settings.wav.loudspeaker = folder.path + "/out.wav"
    let recorder = try #require(try Recorder.open(settings))
    let frames = frames(60)
    for frame in frames { try recorder.add(frame) }
    try recorder.finish()
    // Once finished, it is finished.
    try recorder.add(frames[0])
    try recorder.finish()
    let sound = try WaveFile.decode(Files.read(settings.wav.loudspeaker))
    #expect(try sound.mono16kHz() == frames.flatMap(\.speaker.all))
  }

  @Test func aRealCardIsNeverRecorded() throws {
    var settings = DeviceSettings()
    settings.room.recording = folder.path
    settings.wav.loudspeaker = folder.path + "/out.wav"
    #expect(try Recorder.open(settings) == nil)
    #expect(try Files.list(folder.path).isEmpty)
  }

  @Test func aPlaceThatCannotBeWrittenIsTold() throws {
    #expect(throws: LinuxError.self) {
      try Recorder(path: folder.path + "/no/where.wav", channels: .loudspeaker)
    }
    // A disk without room.
    #expect(throws: LinuxError.self) { try Recorder(path: "/dev/full", channels: .loudspeaker) }
  }

  @Test func thePacerIsNeverAheadOfTheClock() {
    for (speed, rounds) in [(1, 4), (10, 20), (100, 100)] {
      var pacer = Pacer(speed: speed)
      let before = MonotonicClock.microseconds()
      for _ in 0..<rounds { pacer.wait() }
      let passed = MonotonicClock.microseconds() - before
      #expect(passed >= Int64(rounds) * 10_000 / Int64(speed))
    }
  }
}
