internal import ControlProtocol
internal import Settings
internal import SoundCards

/// What cards there are and which of them the settings mean, for whoever asks.
enum CardDesk {
  /// Looks at each card thoroughly, which takes some milliseconds.
  static func report(_ settings: DeviceSettings) -> Fields {
    report(settings, CardChooser(settings), hears: nil, speaks: nil)
  }

  /// - Parameters:
  ///   - hears: what is open now, which may differ from what would be chosen.
  ///   - speaks: the same for the loudspeaker.
  @inline(never)
  static func report(
    _ settings: DeviceSettings, _ chooser: CardChooser, hears: CardPick?, speaks: CardPick?
  ) -> Fields {
    let cards = CardScanner.look(thoroughly: true)
    var report = CardReport(cards: cards)
    let choice = CardChoice.choose(
      microphone: chooser.wish(.microphone), loudspeaker: chooser.wish(.loudspeaker), among: cards)
    for side in Side.allCases {
      guard settings.sound.card == .alsa else {
        report[side].reason =
          "sound.card is " + settings.sound.card.word + ": no sound card is used"
        continue
      }
      report[side] = CardReport.Half(chooser.wish(side), choice[side])
      if let pick = side == .microphone ? hears : speaks {
        present(pick, instead: choice[side], in: &report[side])
      }
    }
    addClosed(among: cards, to: &report)
    var fields = Fields()
    for (name, value) in report.encode() { fields.add(name, value) }
    return fields
  }

  private static func present(
    _ pick: CardPick, instead choice: Result<CardPick, NoCard>, in half: inout CardReport.Half
  ) {
    guard case .success(let better) = choice, !better.isSame(as: pick) else { return }
    half = CardReport.Half(CardChooser.wish(half.wish), .success(pick))
    half.advice = better.alsaName + " would be better: " + better.reason
  }

  private static func addClosed(among cards: [CardFacts], to report: inout CardReport) {
    let closed = CardScanner.closed(to: cards)
    guard !closed.isEmpty else { return }
    var names = ""
    for id in closed { names += (names.isEmpty ? "" : ", ") + id }
    for side in Side.allCases where report[side].advice.isEmpty {
      report[side].advice =
        "this user may not open " + names + ": add it to the group that owns /dev/snd (audio)"
    }
  }
}
