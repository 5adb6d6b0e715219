internal import ESpeak
internal import Linux
internal import Room
internal import VoiceCore

/// One sentence as a WAV file: how a demonstration gets its visitor's voice.
public enum SpokenFile {
  public static func write(_ text: String, to path: String, voice: String, rate: Int) throws {
    let synthesizer = try Synthesizer(voice: voice, wordsPerMinute: rate)
    var sound: [Int16] = []
    try synthesizer.say(text) { piece in
      if case .sound(let more) = piece { sound += more }
      return true
    }
    let file = WaveSound(rate: Frame.sampleRate, channels: 1, samples: sound)
    try Files.replace(path, with: WaveFile.encode(file))
  }
}
