import Linux
import Settings
import TestSupport
import Testing
import VoiceCore

@testable import Appliance

@Suite struct MuteDeskTests {
  @Test func aSwitchHasTheLastWordAndAWishOfBeforeHoldsAfterIt() {
    var desk = MuteDesk()
    let isMuted = desk.set(true, by: .button)
    #expect(isMuted)
    let isOn = desk.turnSwitch(true, of: "panel")
    #expect(isOn)
    #expect(desk.by == "switch")
    let isOverruled = desk.set(false, by: .command)
    #expect(!isOverruled)
    #expect(desk.isMuted && desk.wish == .button)
    _ = desk.turnSwitch(false, of: "panel")
    #expect(desk.isMuted && desk.by == "button")
    let isOpened = desk.set(false, by: .command)
    #expect(isOpened)
    #expect(!desk.isMuted && desk.by == "")
  }

  @Test func whoMutedItFirstIsWhoDidIt() {
    var desk = MuteDesk(wish: .start)
    _ = desk.set(true, by: .command)
    #expect(desk.by == "start")
  }

  @Test func aSwitchThatIsLostLeavesAWish() {
    var desk = MuteDesk()
    desk.loseSwitch()
    #expect(!desk.isMuted)
    _ = desk.turnSwitch(true, of: "panel")
    desk.loseSwitch()
    #expect(desk.by == "lost-switch")
    let isOpened = desk.set(false, by: .button)
    #expect(isOpened && !desk.isMuted)
  }

  @Test func aSwitchThatIsBackHasTheLastWordAgain() {
    var desk = MuteDesk(wish: .lostSwitch)
    let isOn = desk.turnSwitch(true, of: "panel")
    #expect(isOn && desk.by == "switch")
    let isOff = desk.turnSwitch(false, of: "panel")
    #expect(isOff && !desk.isMuted)
    let isNews = desk.turnSwitch(false, of: "panel")
    #expect(!isNews)
    var other = MuteDesk(wish: .button)
    let isStillOff = other.turnSwitch(false, of: "panel")
    #expect(!isStillOff && other.by == "button")
  }
}

@Suite struct LeftStateTests {
  private func state() -> LeftState {
    var state = LeftState()
    (state.volume, state.cues, state.volumeSetting, state.cueSetting) = (35, 60, 70, 80)
    state.mute = .button
    return state
  }

  @Test func itComesBackAsItWas() {
    #expect(LeftState.parse(state().encode()) == state())
    #expect(LeftState.parse(LeftState().encode()) == LeftState())
  }

  @Test func halfOfItIsNone() {
    let bytes = state().encode()
    for length in 0..<bytes.count { #expect(LeftState.parse(Array(bytes[..<length])) == nil) }
  }

  @Test(arguments: ["muted=perhaps\n\n", "volume=3\n\n", "\n\n", "muted=no", "muted\n\n"])
  func whatIsNotOneIsNone(text: String) { #expect(LeftState.parse(Array(text.utf8)) == nil) }

  @Test func aNumberOutOfRangeIsAsIfNobodyHadSaidIt() {
    #expect(LeftState.parse(Array("volume=130\ncues=-1\nmuted=no\n\n".utf8)) == LeftState())
  }

  @Test func aKnobThatIsTurnedIsWrittenOnceAndAMuteAtOnce() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/as-left"
    let keeper = LeftKeeper(folder: folder.path)
    #expect(keeper.state == LeftState() && !keeper.isDamaged)
    var state = LeftState()
    for step in 0..<50 {
      state.volume = step
      let now = SampleTime.start + .milliseconds(Int64(step) * 150)
      keeper.keep(state, at: now, isUrgent: false)
      keeper.tick(at: now)
      #expect(!Files.exists(path))
    }
    keeper.tick(at: .start + .seconds(10))
    #expect(LeftState.parse(try Files.read(path)) == state)
    state.mute = .command
    keeper.keep(state, at: .start + .seconds(11), isUrgent: true)
    #expect(LeftKeeper(folder: folder.path).state == state)
    try Files.replace(path, with: Array("muted=n".utf8))
    #expect(LeftKeeper(folder: folder.path).isDamaged)
  }
}

@Suite struct ButtonPanelTests {
  private let talk = InputCode(.key, 582)
  private let up = InputCode(.key, 115)
  private let mute = InputCode(.toggle, 14)
  private let panel = PanelBox()

  private func at(_ milliseconds: Int64) -> SampleTime { .start + .milliseconds(milliseconds) }

  @Test func theDefaultsAreThoseOfASpeakerphone() {
    let codes: [(UInt16, ButtonPanel.Action)] = [
      (582, .talk(isDown: true)), (248, .toggleMute), (115, .volume(by: 5)), (114, .volume(by: -5)),
      (166, .stop),
    ]
    for (code, action) in codes {
      #expect(panel.turn(InputCode(.key, code), isOn: true, of: 1, at: at(0)) == action)
    }
    #expect(panel.turn(InputCode(.key, 30), isOn: true, of: 1, at: at(0)) == nil)
    #expect(panel.turn(mute, isOn: true, of: 1, at: at(0)) == .muteSwitch(isOn: true))
  }

  @Test func aVolumeButtonThatIsHeldGoesOnUntilItComesUp() {
    #expect(panel.turn(up, isOn: true, of: 1, at: at(0)) == .volume(by: 5))
    var steps: [Int64] = []
    for time in stride(from: Int64(10), to: 1_010, by: 10) {
      if panel.tick(at: at(time)) != nil { steps.append(time) }
    }
    #expect(steps == [400, 550, 700, 850, 1_000])
    #expect(panel.turn(up, isOn: false, of: 1, at: at(1_010)) == nil)
    #expect(panel.tick(at: at(5_000)) == nil)
  }

  @Test func whatIsAlreadyDownDoesNotGoDownAgain() {
    #expect(panel.turn(talk, isOn: true, of: 1, at: at(0)) == .talk(isDown: true))
    #expect(panel.turn(talk, isOn: true, of: 1, at: at(0)) == nil)
    #expect(panel.turn(talk, isOn: false, of: 1, at: at(0)) == .talk(isDown: false))
    #expect(panel.turn(talk, isOn: false, of: 1, at: at(0)) == nil)
  }

  @Test func aSwitchThatComesAndStandsOffSaysSo() {
    #expect(panel.turn(mute, isOn: false, of: 1, at: at(0)) == .muteSwitch(isOn: false))
    #expect(panel.turn(mute, isOn: true, of: 1, at: at(0)) == .muteSwitch(isOn: true))
    #expect(panel.turn(mute, isOn: false, of: 2, at: at(0)) == nil, "another is on")
  }

  @Test func ofTwoWhoHoldItBothMustLetGo() {
    _ = panel.turn(talk, isOn: true, of: 1, at: at(0))
    #expect(panel.turn(talk, isOn: true, of: 2, at: at(0)) == nil)
    #expect(panel.turn(talk, isOn: false, of: 1, at: at(0)) == nil)
    #expect(panel.turn(talk, isOn: false, of: 2, at: at(0)) == .talk(isDown: false))
  }

  @Test func aDeviceThatIsPulledOutLetsGoButThrowsNoSwitch() {
    _ = panel.turn(talk, isOn: true, of: 1, at: at(0))
    _ = panel.turn(up, isOn: true, of: 1, at: at(0))
    _ = panel.turn(mute, isOn: true, of: 1, at: at(0))
    #expect(panel.isSwitchOn)
    #expect(panel.lose(1, at: at(10)) == [.talk(isDown: false)])
    #expect(!panel.isSwitchOn)
    #expect(panel.tick(at: at(1_000)) == nil)
  }
}

/// `#expect` may not change what it looks at.
private final class PanelBox {
  private var panel = ButtonPanel(DeviceSettings().buttons)
  func turn(_ code: InputCode, isOn: Bool, of device: Int, at now: SampleTime)
    -> ButtonPanel.Action?
  {
    panel.turn(code, isOn: isOn, of: device, at: now)
  }
  func tick(at now: SampleTime) -> ButtonPanel.Action? { panel.tick(at: now) }
  func lose(_ device: Int, at now: SampleTime) -> [ButtonPanel.Action] {
    panel.lose(device, at: now)
  }
  var isSwitchOn: Bool { panel.isSwitchOn }
}

@Suite struct LightTests {
  private static let all: [Shown] = [
    .idle, .connecting, .listening, .thinking, .speaking, .offline, .muted, .fault,
  ]

  @Test(arguments: all) func aPatternIsWithinItsBoundsAndRepeats(shown: Shown) {
    let pattern = LightPattern(shown)
    for time in stride(from: Int64(0), to: 100_000, by: 7) {
      #expect((0...100).contains(pattern.level(at: time)))
      #expect(pattern.level(at: time) == pattern.level(at: time + 48_000))
    }
  }

  @Test func onALightThatIsOnlyOnOrOffTroubleCanBeTold() {
    func flashes(_ shown: Shown) -> Int {
      let levels = stride(from: Int64(0), to: 4_000, by: 50).map {
        LightPattern(shown).level(at: $0) >= 50
      }
      return zip(levels, levels.dropFirst()).count { !$0 && $1 }
    }
    #expect(flashes(.idle) == 0 && flashes(.listening) == 0)
    #expect(flashes(.offline) == 1 && flashes(.thinking) == 3 && flashes(.fault) == 16)
  }

  @Test func itIsWrittenOnlyWhenItChangesAndComesBackAfterItWasGone() throws {
    let folder = try ScratchFolder()
    let path = "\(folder.path)/status"
    func make() throws {
      try Files.makeFolder(path)
      for (name, text) in [
        ("brightness", "0\n"), ("max_brightness", "200\n"), ("trigger", "[timer]\n"),
      ] { try Files.replace("\(path)/\(name)", with: Array(text.utf8)) }
    }
    func level() throws -> String {
      String(decoding: try Files.read("\(path)/brightness"), as: UTF8.self)
    }
    let desk = LightDesk(
      status: Light("status", in: folder.path), mute: Light("none", in: folder.path),
      brightness: 50)
    desk.tick(.listening, isClosed: false, at: .start)
    try make()
    desk.tick(.listening, isClosed: false, at: .start + .seconds(3))
    #expect(try level().hasPrefix("100"))
    #expect(try Files.read("\(path)/trigger").starts(with: "none".utf8))
    try Files.set("\(path)/brightness", to: "7")
    desk.tick(.listening, isClosed: true, at: .start + .seconds(6))
    #expect(try level().hasPrefix("7"), "nothing has changed")
    desk.tick(.speaking, isClosed: true, at: .start + .seconds(7))
    #expect(try level().hasPrefix("60"))
  }
}

@Suite struct VolumeShareTests {
  @Test func everyStepSoundsAlikeAndComesBackFromTheMixer() {
    let share = VolumeShare(decibels: -6_000...0)
    for percent in 0...100 {
      #expect(share.wanted(percent) == (percent - 100) * 40)
      #expect(share.percent(of: share.wanted(percent)) == percent)
      #expect(share.percent(of: share.wanted(percent) + 19) == percent)
      #expect(share.percent(of: share.wanted(percent) - 19) == percent)
    }
    #expect(share.percent(of: -9_000) == 0)
  }

  @Test func aMixerThatCanDoMoreThanFullScaleDoesNot() {
    #expect(VolumeShare(decibels: -10_200...400).wanted(100) == 0)
    // One whose scale ends elsewhere is as loud as it can be.
    #expect(VolumeShare(decibels: -4_000 ... -600).wanted(100) == -600)
    #expect(VolumeShare(decibels: 0...2_000).wanted(100) == 0)
  }

  @Test func aMixerThatWasMadeMuteIsSoonBack() {
    let share = VolumeShare(decibels: -6_000...0)
    // What ALSA says of the lowest step of many a card.
    var level = share.start(of: -9_999_999)
    var frames = 0
    while level != share.wanted(100), frames < 1_000 {
      level = VolumeShare.glided(from: level, to: share.wanted(100))
      frames += 1
    }
    #expect(frames == 160)
  }

  @Test func whatAMixerCannotDoIsOurs() {
    let share = VolumeShare(decibels: -2_000...0)
    #expect(share.rest(100, granted: 0) == 0)
    #expect(share.rest(50, granted: -2_000) == 0)
    #expect(share.rest(10, granted: -2_000) == -1_600)
    #expect(share.rest(60, granted: -1_500) == -100)
    #expect(share.rest(60, granted: -1_700) == 0, "never louder than the mixer")
  }
}
