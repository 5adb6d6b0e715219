internal import ControlProtocol
internal import Room
internal import Settings
internal import SoundCards
internal import VoiceCore

/// Keeps microphone and loudspeaker at work, on the conversation thread: opens them, hands them to
/// the audio thread, closes what comes back and looks for what is missing.
final class SoundKeeper {
  private let opener: CardOpener
  let chooser: CardChooser
  private var microphone: HalfKeeper<any Microphone>
  private var loudspeaker: HalfKeeper<any Loudspeaker>
  /// What is said in the simulated room.
  private(set) var roomScript: TalkerScript?

  /// ALSA's name of the card that plays, for its mixer.
  private(set) var loudspeakerCard: String?

  init(opener: CardOpener, bridge: Bridge) {
    self.opener = opener
    chooser = CardChooser(opener.settings)
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

  /// Which card works on that side; nil for rooms and files.
  func pick(_ side: Side) -> CardPick? {
    side == .microphone ? microphone.pick : loudspeaker.pick
  }

  /// One card hears and speaks, as far as that is known.
  var isOneCard: Bool {
    microphone.pick?.card?.number == loudspeaker.pick?.card?.number
  }

  /// What the cards are called, and which they are wherever they are plugged in: nothing for rooms and files.
  func addCards(to fields: inout Fields) {
    for side in Side.allCases {
      guard let pick = pick(side) else { continue }
      if let card = pick.card { fields.add("\(side.word)_card", card.name) }
      fields.add("\(side.word)_id", pick.model)
    }
  }

  /// The settings with the cards in use by what they are, whatever was wished; nil while one of them
  /// is missing, for rooms and for files.
  func inUse(_ settings: DeviceSettings) -> DeviceSettings? {
    guard let hears = microphone.pick, let speaks = loudspeaker.pick else { return nil }
    var settings = settings
    settings.alsa.microphone = hears.identity
    settings.alsa.loudspeaker = speaks.identity
    return settings
  }

  /// Opens what is missing and closes what came back; often, for it costs two loads.
  ///
  /// - Parameters:
  ///   - mayOpen: not while we stop.
  ///   - isIdle: nobody speaks and nothing is said: a better card may be taken.
  func check(at now: SampleTime, mayOpen: Bool = true, isIdle: Bool = false) -> [SoundNews] {
    var news: [SoundNews] = []
    if let lost = microphone.collect(at: now) { news.append(lost) }
    if let lost = loudspeaker.collect(at: now) { news.append(lost) }
    guard mayOpen else { return news }
    if opener.isWhole {
      if microphone.isDue(at: now) { openWhole(at: now, &news) }
    } else {
      checkCards(at: now, isIdle: isIdle, &news)
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
      let name = card.microphone.name
      _ = microphone.opened(card.microphone, name: name, at: now)
      _ = loudspeaker.opened(card.loudspeaker, name: name, at: now)
      news.append(SoundNews(half: .both, kind: .opened(name: name, why: "")))
    } catch {
      if microphone.failed(error, at: now) != nil {
        news.append(SoundNews(half: .both, kind: .failed(error)))
      }
      _ = loudspeaker.failed(error, at: now)
    }
  }

  // MARK: Real cards

  private func checkCards(at now: SampleTime, isIdle: Bool, _ news: inout [SoundNews]) {
    let isLook = chooser.isDue(at: now)
    let opensMicrophone = microphone.isDue(at: now) || isLook && microphone.isMissing
    let opensLoudspeaker = loudspeaker.isDue(at: now) || isLook && loudspeaker.isMissing
    guard isLook || opensMicrophone || opensLoudspeaker else { return }
    let choice = chooser.look()
    let hears = opener.openMicrophone
    let speaks: Opening<any Loudspeaker> = { pick, experience throws(SoundProblem) in
      let opened = try self.opener.openLoudspeaker(pick, after: experience)
      self.loudspeakerCard = opened.0.card
      return opened
    }
    if opensMicrophone { open(&microphone, choice.microphone, hears, at: now, &news) }
    if opensLoudspeaker { open(&loudspeaker, choice.loudspeaker, speaks, at: now, &news) }
    guard isLook else { return }
    improve(&microphone, .microphone, choice.microphone, hears, at: now, isIdle: isIdle, &news)
    improve(&loudspeaker, .loudspeaker, choice.loudspeaker, speaks, at: now, isIdle: isIdle, &news)
  }

  private typealias Opening<Half> = (CardPick, CardExperience) throws(SoundProblem) -> (
    Half, name: String
  )

  private func open<Half>(
    _ keeper: inout HalfKeeper<Half>, _ choice: Result<CardPick, NoCard>, _ open: Opening<Half>,
    at now: SampleTime, _ news: inout [SoundNews]
  ) {
    do throws(SoundProblem) {
      let pick = try SoundKeeper.take(choice)
      let (half, name) = try open(pick, keeper.experience(of: pick))
      news.append(keeper.opened(half, name: name, pick: pick, at: now))
    } catch {
      if let failed = keeper.failed(error, at: now) { news.append(failed) }
    }
  }

  /// Takes a better card than the one that works: opened first, so that nothing is lost if it cannot
  /// be.
  private func improve<Half>(
    _ keeper: inout HalfKeeper<Half>, _ side: Side, _ choice: Result<CardPick, NoCard>,
    _ open: Opening<Half>, at now: SampleTime, isIdle: Bool, _ news: inout [SoundNews]
  ) {
    guard keeper.isSettled, let present = keeper.pick, chooser.mayImprove(side),
      case .success(let better) = choice, !better.isSame(as: present)
    else { return }
    guard isIdle || chooser.isOrdered(side) else { return chooser.postpone(at: now) }
    // Once: it is asked again when something changes.
    chooser.settled(side)
    if better.isSameDevice(as: present) { return keeper.giveUp() }
    do throws(SoundProblem) {
      let (half, name) = try open(better, keeper.experience(of: better))
      keeper.replace(with: half, name: name, pick: better)
    } catch {
      if let kept = keeper.kept(error) { news.append(kept) }
    }
  }

  private static func take(_ choice: Result<CardPick, NoCard>) throws(SoundProblem) -> CardPick {
    switch choice {
    case .success(let pick): return pick
    case .failure(let none): throw SoundProblem(reason: none.reason, advice: none.advice)
    }
  }
}
