internal import CESpeak
internal import Synchronization
public import VoiceCore

/// A voice: words in, 16 kHz sound out, piece by piece while it is made.
///
/// espeak-ng is one global machine. All voices of a process share it and wait for each other.
public struct Synthesizer: Sendable {
  /// Slower or faster than this the voice cannot be followed; espeak-ng itself takes 80 to 450.
  public static let rates = 80...450

  private let voice: String
  private let wordsPerMinute: Int32

  /// Finds the voice, so that a wrong name is known before anything is said.
  public init(voice: String, wordsPerMinute: Int) throws(SynthesizerError) {
    precondition(Synthesizer.rates.contains(wordsPerMinute))
    self.voice = voice
    self.wordsPerMinute = Int32(wordsPerMinute)
    let own = self
    try Synthesizer.library.withLock { (library) throws(SynthesizerError) in
      try library.select(own.voice, own.wordsPerMinute)
    }
  }

  /// A word's place in the text and in the sound.
  public struct Mark: Equatable, Sendable {
    /// Characters (Unicode scalars) of the text before the word.
    public let character: Int
    public let at: SampleSpan

    public init(character: Int, at: SampleSpan) {
      self.character = character
      self.at = at
    }
  }

  public enum Piece { case sound([Int16]), word(Mark) }

  /// Says `text`; ends with the pause that belongs after a sentence.
  /// - Parameter take: gets the pieces in order; false from it stops the voice.
  public func say(_ text: String, take: (Piece) -> Bool) throws(SynthesizerError) {
    try Synthesizer.library.withLock { (library) throws(SynthesizerError) in
      try library.select(voice, wordsPerMinute)
      try withoutActuallyEscaping(take) { (take) throws(SynthesizerError) in
        try library.say(text, take: take)
      }
    }
  }

  private static let library = Mutex(Library())
}

/// The global machine itself.
private struct Library: ~Copyable {
  /// Sound comes in pieces of this length; short, as the first one is what a visitor waits for.
  private static let pieceMilliseconds: Int32 = 40

  private var rate: Int32 = 0
  private var selected: (voice: String, wordsPerMinute: Int32)?

  mutating func select(_ voice: String, _ wordsPerMinute: Int32) throws(SynthesizerError) {
    if rate == 0 {
      let answer = espeak_Initialize(
        AUDIO_OUTPUT_SYNCHRONOUS, Library.pieceMilliseconds, nil, espeakINITIALIZE_DONT_EXIT)
      guard answer > 0 else { throw .dataMissing }
      rate = answer
      espeak_SetSynthCallback(Library.take)
    }
    if let selected, selected == (voice, wordsPerMinute) { return }
    selected = nil
    guard Library.knowsVariant(of: voice),
      espeak_SetVoiceByName(voice) == EE_OK || Library.selectByLanguage(voice)
    else { throw .unknownVoice(voice) }
    let code = espeak_SetParameter(espeakRATE, wordsPerMinute, 0)
    guard code == EE_OK else { throw .library(action: "set the rate", code: Int32(code.rawValue)) }
    selected = (voice, wordsPerMinute)
  }

  /// The library would silently leave out a variant it does not have.
  private static func knowsVariant(of voice: String) -> Bool {
    guard let plus = voice.firstIndex(of: "+") else { return true }
    var folder: UnsafePointer<CChar>?
    espeak_Info(&folder)
    guard let folder else { return true }
    let variant = voice[voice.index(after: plus)...]
    return access("\(String(cString: folder))/voices/!v/\(variant)", R_OK) == 0
  }

  /// Some voices are only found as the one for a language ("en-gb"), and take a variant only by
  /// their own name.
  private static func selectByLanguage(_ voice: String) -> Bool {
    let parts = voice.split(separator: "+", maxSplits: 1)
    guard let language = parts.first, select(language: String(language)) else { return false }
    guard parts.count == 2 else { return true }
    guard let identifier = espeak_GetCurrentVoice()?.pointee.identifier else { return false }
    return espeak_SetVoiceByName("\(String(cString: identifier))+\(parts[1])") == EE_OK
  }

  private static func select(language: String) -> Bool {
    language.withCString { language in
      var wanted = espeak_VOICE()
      wanted.languages = language
      return espeak_SetVoiceByProperties(&wanted) == EE_OK
    }
  }

  func say(_ text: String, take: @escaping (Synthesizer.Piece) -> Bool) throws(SynthesizerError) {
    let saying = Saying(resampler: Resampler(from: Int(rate), to: Frame.sampleRate), take: take)
    let code = withExtendedLifetime(saying) {
      espeak_Synth(
        text, text.utf8.count + 1, 0, POS_CHARACTER, 0,
        UInt32(espeakCHARS_UTF8 | espeakENDPAUSE), nil, Unmanaged.passUnretained(saying).toOpaque())
    }
    guard code == EE_OK else { throw .library(action: "speak", code: Int32(code.rawValue)) }
    _ = saying.pass(.sound(saying.resampler.finish()))
  }

  /// What the callback needs while one text is said.
  private final class Saying {
    var resampler: Resampler
    private let take: (Synthesizer.Piece) -> Bool
    private var isStopped = false

    init(resampler: Resampler, take: @escaping (Synthesizer.Piece) -> Bool) {
      self.resampler = resampler
      self.take = take
    }

    func pass(_ piece: Synthesizer.Piece) -> Bool {
      if case .sound(let samples) = piece, samples.isEmpty { return !isStopped }
      if !isStopped { isStopped = !take(piece) }
      return !isStopped
    }
  }

  /// 0 goes on, 1 stops.
  private static let take:
    @convention(c) (
      UnsafeMutablePointer<Int16>?, Int32, UnsafeMutablePointer<espeak_EVENT>?
    ) -> Int32 = { sound, count, events in
      // Without sound the text is over. The list always has an end, which carries the pointer too.
      guard let sound, var event = events, let pointer = event.pointee.user_data else { return 0 }
      let saying = Unmanaged<Saying>.fromOpaque(pointer).takeUnretainedValue()
      while event.pointee.type != espeakEVENT_LIST_TERMINATED {
        // Counted from one; now and then one more comes at the end, for no word.
        if event.pointee.type == espeakEVENT_WORD, event.pointee.text_position > 0 {
          let mark = Synthesizer.Mark(
            character: Int(event.pointee.text_position) - 1,
            at: .milliseconds(Int64(event.pointee.audio_position)))
          if !saying.pass(.word(mark)) { return 1 }
        }
        event += 1
      }
      let samples = saying.resampler.process(
        UnsafeBufferPointer(start: sound, count: max(0, Int(count))))
      return saying.pass(.sound(samples)) ? 0 : 1
    }
}
