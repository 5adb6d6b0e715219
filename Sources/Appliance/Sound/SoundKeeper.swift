internal import Room
internal import VoiceCore

/// Keeps microphone and loudspeaker at work, on the conversation thread: opens them, hands them to
/// the audio thread, closes what comes back and looks for what is missing.
final class SoundKeeper {
  private let opener: CardOpener
  private var microphone: HalfKeeper<any Microphone>
  private var loudspeaker: HalfKeeper<any Loudspeaker>
  /// What is said in the simulated room.
  private(set) var roomScript: TalkerScript?

  /// ALSA's name of the card that plays, for its mixer.
  private(set) var loudspeakerCard: String?

  init(opener: CardOpener, bridge: Bridge) {
    self.opener = opener
    microphone = HalfKeeper(.microphone, bridge.microphone)
    loudspeaker = HalfKeeper(.loudspeaker, bridge.loudspeaker)
  }

  /// Nobody is heard or nobody is answered; the microphone's trouble first.
  var problem: SoundProblem? { microphone.problem ?? loudspeaker.problem }
  var canPlay: Bool { loudspeaker.problem == nil }
  /// Both in one word, as far as there are any.
  var name: String {
    switch (microphoneName, loudspeakerName) {
    case (nil, nil): "none"
    case (let hears?, let speaks?):
      opener.isWhole ? hears : "alsa \(hears), \(speaks)"
    case (let hears?, nil): "alsa \(hears), no loudspeaker"
    case (nil, let speaks?): "alsa no microphone, \(speaks)"
    }
  }
  /// Nil while it is missing or closed.
  var microphoneName: String? { microphone.name }
  var loudspeakerName: String? { loudspeaker.name }

  /// Opens what is missing and closes what came back; often, for it costs two loads.
  ///
  /// - Parameter mayOpen: not while we stop.
  func check(at now: SampleTime, mayOpen: Bool = true) -> [SoundNews] {
    var news: [SoundNews] = []
    if let lost = microphone.collect(at: now) { news.append(lost) }
    if let lost = loudspeaker.collect(at: now) { news.append(lost) }
    guard mayOpen else { return news }
    if opener.isWhole {
      if microphone.isDue(at: now) { openWhole(at: now, &news) }
    } else {
      if microphone.isDue(at: now) { openMicrophone(at: now, &news) }
      if loudspeaker.isDue(at: now) { openLoudspeaker(at: now, &news) }
    }
    return news
  }

  /// Nothing can be heard: the microphone is closed, or its sound is thrown away unheard.
  var isMicrophoneClosed: Bool {
    if case .closed = microphone.state { true } else { opener.isWhole }
  }

  /// Asks the audio thread for the microphone, and closes it once it is here: `check` tells. Room and
  /// files go on, for they have nothing to close.
  func closeMicrophone() {
    if !opener.isWhole { microphone.want(false) }
  }
  /// The next `check` opens it.
  func reopenMicrophone() { microphone.want(true) }

  private func openWhole(at now: SampleTime, _ news: inout [SoundNews]) {
    do throws(SoundProblem) {
      let card = try opener.openWhole(at: now)
      if opener.isRoom { roomScript = try opener.script() }
      let name = card.name
      _ = microphone.opened(card, name: name)
      _ = loudspeaker.opened(card, name: name)
      news.append(SoundNews(half: .both, kind: .opened(name: name)))
    } catch {
      if microphone.failed(error, at: now) != nil {
        news.append(SoundNews(half: .both, kind: .failed(error)))
      }
      _ = loudspeaker.failed(error, at: now)
    }
  }

  private func openMicrophone(at now: SampleTime, _ news: inout [SoundNews]) {
    do throws(SoundProblem) {
      let half = try opener.openMicrophone()
      news.append(microphone.opened(half, name: half.name))
    } catch {
      if let failed = microphone.failed(error, at: now) { news.append(failed) }
    }
  }

  private func openLoudspeaker(at now: SampleTime, _ news: inout [SoundNews]) {
    do throws(SoundProblem) {
      let half = try opener.openLoudspeaker()
      loudspeakerCard = half.card
      news.append(loudspeaker.opened(half, name: half.name))
    } catch {
      if let failed = loudspeaker.failed(error, at: now) { news.append(failed) }
    }
  }
}
