import Testing

@testable import ControlProtocol

@Suite struct ControlRequestTests {
  @Test(arguments: [
    (ControlRequest.status, "request=status\n\n"),
    (.watch(levels: true, words: false), "request=watch\nlevels=yes\nwords=no\n\n"),
    (.listen, "request=listen\n\n"), (.stop, "request=stop\n\n"),
    (.mute(nil), "request=mute\n\n"), (.mute(true), "request=mute\nmuted=yes\n\n"),
    (.mute(false), "request=mute\nmuted=no\n\n"),
    (.volume(VolumeWish()), "request=volume\n\n"),
    (.volume(VolumeWish(volume: 70)), "request=volume\nvolume=70\n\n"),
    (.volume(VolumeWish(step: -5)), "request=volume\nstep=-5\n\n"),
    (.volume(VolumeWish(cues: 40)), "request=volume\ncues=40\n\n"),
    (.cue("no-network"), "request=cue\ncue=no-network\n\n"),
    (.settings, "request=settings\n\n"), (.version, "request=version\n\n"),
  ])
  func everyRequestComesBackFromTheWire(request: ControlRequest, wire: String) throws {
    #expect(text(request.encode()) == wire)
    #expect(try ControlRequest.parse(request.fields) == request)
  }

  @Test func aWatchWithoutWishesIsAModestOne() throws {
    #expect(try parse("request=watch") == .watch(levels: false, words: false))
  }

  @Test(arguments: [
    ("", "no request: the first field is request=NAME"),
    ("volume=3", "no request: the first field is request=NAME"),
    (
      "request=dance",
      "unknown request dance: there are status, watch, listen, stop, mute, volume, cue, cards, use, settings, version, measure, check"
    ),
    ("request=status\nlevels=yes", "status takes no levels"),
    ("request=cue\nname=problem", "cue takes no name"),
    ("request=mute\nvolume=3", "mute takes no volume"),
    ("request=mute\nmuted=maybe", "muted=maybe is wrong: allowed is yes or no"),
    ("request=volume\nvolume=130", "volume=130 is wrong: allowed is 0 to 100"),
    ("request=volume\nvolume=-1", "volume=-1 is wrong: allowed is 0 to 100"),
    ("request=volume\nstep=200", "step=200 is wrong: allowed is -100 to 100"),
    ("request=volume\nvolume=loud", "volume=loud is wrong: allowed is 0 to 100"),
  ])
  func aWrongRequestIsRefusedWithASentence(block: String, sentence: String) {
    let error = #expect(throws: ControlError.self) { try parse(block) }
    #expect(error?.description == sentence)
  }

  private func parse(_ block: String) throws -> ControlRequest {
    try ControlRequest.parse(Fields.parse(Array(block.utf8)[...]))
  }
}
