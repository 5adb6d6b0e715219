import ESpeak
import Glibc
import Linux
import Opus
import PocketSphinx
import Testing
import VoiceCore

@testable import CloudAgent

/// Whether what the device may do to the sound for the recogniser helps the recogniser.
@Suite(.serialized) struct RecogniserPathTests {
  enum Room: String, CaseIterable { case pink, babble, fan }

  private struct Device {
    var path = RecogniserPath.Settings()
    var room = Room.pink
    /// Of the speech, below full scale, and how much louder it is than the room.
    var level = -26.0
    var ratio = 30.0

    /// What the agent gets of a sentence: the device has heard the room for a while before.
    func packets(_ sentence: [Int16], room noise: [Double]) throws -> [[UInt8]] {
      let before = 3 * 16_000
      let after = 6_400
      let loudness = pow(10, level / 20) * 32_768 / RecogniserPathTests.loudness(sentence)
      let hiss = pow(10, (level - ratio) / 20) * 32_768
      var sound = noise.prefix(before + sentence.count + after).map { $0 * hiss }
      for index in sentence.indices { sound[before + index] += Double(sentence[index]) * loudness }
      var chain = HearingChain(hint: NoHint(), path: path)
      var time = SampleTime.start
      var clean: [Int16] = []
      let frames = Frame.cut(sound.map { Int16(max(-32_768, min(32_767, $0.rounded()))) })
      for frame in frames {
        time = time + Frame.span
        _ = chain.hear(mic: frame, reference: .silence, at: time)
        for index in 0..<Frame.sampleCount { clean.append(chain.clean[index]) }
      }
      var encoder = try SpeechEncoder.open(bitsPerSecond: 16_000, packet: .milliseconds(60))
      let size = encoder.samplesPerPacket
      var packets: [[UInt8]] = []
      for start in stride(from: before - 9_600, to: clean.count - size, by: size) {
        packets.append(try encoder.encode(Array(clean[start..<start + size])))
      }
      return packets
    }
  }

  /// Root mean square of what is not silence.
  private static func loudness(_ sound: [Int16]) -> Double {
    let powers = Frame.cut(sound).map { Double(Loudness(of: $0).power) }.filter { $0 > 10_000 }
    return (powers.reduce(0, +) / Double(max(1, powers.count))).squareRoot()
  }

  private static func say(_ words: String, voice: String, rate: Int = 160) throws -> [Int16] {
    var sound: [Int16] = []
    let synthesizer = try Synthesizer(voice: voice, wordsPerMinute: rate)
    try synthesizer.say(words) { piece in
      if case .sound(let more) = piece { sound += more }
      return true
    }
    return sound
  }

  /// Ten seconds of a room, of power one.
  private static func noise(_ room: Room) throws -> [Double] {
    let count = 160_000
    var dice = Noise(seed: 11)
    var sound = [Double](repeating: 0, count: count)
    switch room {
    case .pink:
      // Three poles that together fall by 3 dB an octave.
      var slow = 0.0
      var middle = 0.0
      var fast = 0.0
      for index in 0..<count {
        let white = Double(dice.next())
        slow = 0.997 * slow + 0.029591 * white
        middle = 0.985 * middle + 0.032534 * white
        fast = 0.95 * fast + 0.048056 * white
        sound[index] = slow + middle + fast + 0.05 * white
      }
    case .babble:
      for (number, voice) in [
        "en-gb+m1", "en-us+f1", "en-gb+f3", "en-us+m2", "en-us+m7", "en-gb+f4",
      ]
      .enumerated() {
        var words = ""
        for line in RecognitionTests.strangers.indices {
          words += RecognitionTests.strangers[(line + number * 3) % 10] + " "
        }
        let voice = try say(words, voice: voice, rate: 150 + 7 * number)
        let gain = 1 / loudness(voice)
        for index in 0..<count { sound[index] += gain * Double(voice[index % voice.count]) }
      }
    case .fan:
      var low = 0.0
      var lower = 0.0
      for index in 0..<count {
        low += 0.12 * (Double(dice.next()) - low)
        lower += 0.12 * (low - lower)
        let turn = 2 * Double.pi * Double(index) / 16_000
        sound[index] =
          lower + 1.2 * sin(turn * 118) + 0.8 * sin(turn * 236) + 0.3 * sin(turn * 590)
      }
    }
    let power = sound.reduce(0) { $0 + $1 * $1 } / Double(count)
    return sound.map { $0 / power.squareRoot() }
  }

  /// Sentences of `RecognitionTests.wishes` that are understood, in percent.
  private func understood(
    _ listener: RecognitionTests.Listener, _ sentences: [(intent: String, sound: [Int16])],
    _ noise: [Double], _ device: Device
  ) throws -> Int {
    var right = 0
    for sentence in sentences {
      let got = try listener.understand(try device.packets(sentence.sound, room: noise))
      if got == sentence.intent { right += 1 }
    }
    return 100 * right / sentences.count
  }

  private func sentences() throws -> [(intent: String, sound: [Int16])] {
    let voices = ["en-us", "en-gb+f2", "en-us+m3"]
    return try RecognitionTests.wishes.enumerated().map { index, wish in
      (wish.intent, try RecogniserPathTests.say(wish.words, voice: voices[index % voices.count]))
    }
  }

  /// The tables of docs/decisions/0014, printed: RECOGNITION_MATRIX=1 swift test --filter …
  @Test(.enabled(if: Process.environment("RECOGNITION_MATRIX") != nil))
  func theMatrix() throws {
    let listener = try RecognitionTests.Listener()
    let sentences = try sentences()
    var reducing = RecogniserPath.Settings()
    reducing.reducesNoise = true
    var leveling = RecogniserPath.Settings()
    leveling.levelsSpeech = true
    print("noise suppression: percent of \(sentences.count) sentences understood, off and mild")
    for room in Room.allCases {
      let noise = try RecogniserPathTests.noise(room)
      for ratio in [20.0, 10, 5, 0] {
        let off = try understood(listener, sentences, noise, Device(room: room, ratio: ratio))
        let mild = try understood(
          listener, sentences, noise, Device(path: reducing, room: room, ratio: ratio))
        print("  \(room.rawValue) \(Int(ratio)) dB: \(off) \(mild)")
      }
    }
    print("level control: the same, off and auto, in quiet rooms 25 dB below the voice")
    let noise = try RecogniserPathTests.noise(.pink)
    for level in [-12.0, -30, -40, -50, -60] {
      let off = try understood(listener, sentences, noise, Device(level: level, ratio: 25))
      let auto = try understood(
        listener, sentences, noise, Device(path: leveling, level: level, ratio: 25))
      print("  \(Int(level)) dB: \(off) \(auto)")
    }
  }
}
