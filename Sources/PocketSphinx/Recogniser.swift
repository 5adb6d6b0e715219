internal import CPocketSphinx

/// One decoder: hears one turn at a time, while it is being spoken. Heavy (about ten megabytes, and
/// a tenth of a core while it works), so a server keeps few and hands them round.
public struct Recogniser: ~Copyable {
  private let decoder: OpaquePointer
  private let fitUnit: Float
  private var isHearing = false

  private init(owning decoder: OpaquePointer, fitUnit: Float) {
    self.decoder = decoder
    self.fitUnit = fitUnit
  }
  deinit { ps_free(decoder) }

  public static func open(
    _ model: AcousticModel, _ pronunciations: Pronunciations, expecting expectation: Expectation
  ) throws(RecogniserError) -> Recogniser {
    try model.check()
    cps_be_quiet()
    // The library reads both while it starts and never again.
    let dictionary = try MemoryFile(pronunciations.text)
    let expected = try MemoryFile(expectation.file)
    let options =
      ["-hmm", model.acousticFolder, "-dict", dictionary.path]
      + expectation.options(file: expected.path)
    var words = options.map { strdup($0) }
    defer { for word in words { free(word) } }
    guard let configuration = cmd_ln_parse_r(nil, ps_args(), Int32(words.count), &words, 1) else {
      throw .library(action: "take its options")
    }
    defer { cmd_ln_free_r(configuration) }
    guard let decoder = ps_init(configuration) else {
      throw .library(action: "load the model in \(model.acousticFolder)")
    }
    return Recogniser(owning: decoder, fitUnit: expectation.fitUnit)
  }

  /// What the decoder has learnt about a talker's microphone, voice and level. Kept per device,
  /// because devices share decoders.
  public struct Channel: Equatable, Sendable {
    fileprivate let mean: [Float]

    /// Frames the knowledge from before is worth in a new turn. Few, so that a new voice is followed
    /// within a second; the library's own 500 would need five.
    fileprivate static let weight: Int32 = 80
  }

  public var channel: Channel {
    guard let state = ps_get_feat(decoder)?.pointee.cmn_struct else { return Channel(mean: []) }
    var mean = [Float](repeating: 0, count: Int(state.pointee.veclen))
    cmn_live_get(state, &mean)
    return Channel(mean: mean)
  }

  /// Begins a turn; an unfinished one is forgotten.
  public mutating func begin(on channel: Channel) throws(RecogniserError) {
    forget()
    adapt(to: channel)
    // What was learnt about the last microphone's noise must not stay either.
    guard ps_start_stream(decoder) == 0, ps_start_utt(decoder) == 0 else {
      throw .library(action: "begin a turn")
    }
    isHearing = true
  }

  private func adapt(to channel: Channel) {
    guard let state = ps_get_feat(decoder)?.pointee.cmn_struct,
      channel.mean.count == Int(state.pointee.veclen)
    else { return }
    cmn_live_set(state, channel.mean)
    for (index, mean) in channel.mean.enumerated() {
      state.pointee.sum[index] = mean * Float(Channel.weight)
    }
    state.pointee.nframe = Channel.weight
  }

  /// Takes the next piece of the turn and works on it at once.
  public mutating func hear(_ sound: [Int16]) throws(RecogniserError) {
    precondition(isHearing)
    guard ps_process_raw(decoder, sound, sound.count, 0, 0) >= 0 else {
      throw .library(action: "hear \(sound.count) samples")
    }
    // The library would follow the talker's voice only from one turn to the next.
    if let state = ps_get_feat(decoder)?.pointee.cmn_struct { cmn_live_update(state) }
  }

  /// The words so far. The last ones may still change.
  public mutating func glance() -> [String] {
    precondition(isHearing)
    guard let words = ps_get_hyp(decoder, nil) else { return [] }
    return String(cString: words).split(separator: " ").compactMap { Recogniser.word(String($0)) }
  }

  /// Ends the turn and tells what was heard.
  public mutating func finish() throws(RecogniserError) -> Recognition {
    precondition(isHearing)
    isHearing = false
    guard ps_end_utt(decoder) == 0 else { throw .library(action: "end a turn") }
    // Also makes the segments below those of the best path.
    guard ps_get_hyp(decoder, nil) != nil else { return .nothing }
    let scale = ps_get_logmath(decoder)
    var segments: [Recognition.Segment] = []
    var segment = ps_seg_iter(decoder)
    while let current = segment {
      var fit: Int32 = 0
      let logarithm = ps_seg_prob(current, &fit, nil, nil)
      var first: Int32 = 0
      var last: Int32 = 0
      ps_seg_frames(current, &first, &last)
      // The grammar's empty steps have no length.
      if first >= 0, last > first || fit != 0, let name = ps_seg_word(current) {
        segments.append(
          .init(
            word: Recogniser.word(String(cString: name)), frames: Int(first)..<Int(last) + 1,
            fit: Float(fit) * fitUnit, confidence: Float(min(1, logmath_exp(scale, logarithm)))))
      }
      segment = ps_seg_next(current)
    }
    return Recognition(segments: segments)
  }

  /// Gives up an unfinished turn.
  public mutating func forget() {
    guard isHearing else { return }
    isHearing = false
    ps_end_utt(decoder)
  }

  /// The plain word, or nil for silence and noise: `<s>`, `<sil>`, `[NOISE]`, `++UH++`, `(NULL)`.
  static func word(_ name: String) -> String? {
    guard let first = name.first, !"<[+(".contains(first) else { return nil }
    return name.firstIndex(of: "(").map { String(name[..<$0]) } ?? name
  }
}
