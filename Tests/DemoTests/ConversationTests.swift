import Testing

@testable import Demo

@Suite struct FiguresTests {
  @Test func theRoomMeasuresWhatWasReallyHeard() {
    let figures = Figures(of: timeline(Transcripts.good))
    #expect(figures.turns == 3)
    #expect(figures.interruptions == 1)
    #expect(figures.answers == [1_204, 1_200, 1_200])
    #expect(figures.mutes == [112])
    #expect(figures.bytesUp == 11_200)
    #expect(figures.bytesUpContinuous == 544_000)
  }

  @Test func aReplyThatDrawsBreathIsNoQuickMute() {
    // The last sound is 20 ms after the onset, but the device was mute after 100 ms only.
    let text = Transcripts.good.replacing("11352 room", with: "11260 room")
    #expect(Figures(of: timeline(text)).mutes == [100])
    // It had been quiet for long enough to count as ended before the visitor began.
    let pause = Transcripts.good.replacing("11352 room", with: "11000 room")
    #expect(Figures(of: timeline(pause)).mutes == [100])
    #expect(Transcripts.conversation.problems(in: timeline(pause)) == [])
  }

  @Test func withoutARoomTheDeviceIsBelieved() {
    let lines = Transcripts.good.split(separator: "\n").filter { !$0.contains(" room ") }
    let figures = Figures(of: timeline(lines.joined(separator: "\n")))
    #expect(figures.answers == [1_210, 1_210, 1_210])
    #expect(figures.mutes == [90])
  }

  @Test func theMiddleOfManyIsOneThatWasMeasured() {
    #expect(Figures.median([]) == nil)
    #expect(Figures.median([5]) == 5)
    #expect(Figures.median([9, 1, 5]) == 5)
    #expect(Figures.median([9, 1]) == 9)
  }

  @Test func aHeldReplyThatGoesOnIsAFalseAlarm() {
    let figures = Figures(
      of: timeline(
        """
        100 mute reply=1 phase=ducked onset_ms=60
        150 mute reply=1 phase=held onset_ms=60
        700 mute reply=1 phase=resumed onset_ms=60
        """))
    #expect(figures.falseAlarms == 1)
    #expect(figures.interruptions == 0)
  }

  @Test func theReportIsJSONWithNullForWhatWasNotMeasured() {
    #expect(
      Report(Figures(of: timeline(Transcripts.good)), problems: []).json == """
        {
          "turns": 3,
          "interrupts": 1,
          "false_interrupts": 0,
          "mute_ms": 112,
          "answer_ms": 1200,
          "bytes_up": 11200,
          "bytes_up_continuous": 544000,
          "mute_each_ms": [112],
          "answer_each_ms": [1204, 1200, 1200],
          "problems": []
        }

        """)
    let nothing = Report(Figures(of: Timeline()), problems: ["a \"quoted\"\nthing\\"]).json
    #expect(nothing.contains("\"mute_ms\": null"))
    #expect(nothing.contains("[\"a \\\"quoted\\\"\\u000athing\\\\\"]"))
  }
}

@Suite struct ScriptedConversationTests {
  private func problems(
    without gone: [String] = [], changing change: (String, String)? = nil, adding added: String = ""
  ) -> [String] {
    let lines = Transcripts.good.split(separator: "\n").filter { line in
      !gone.contains { line.contains($0) }
    }
    var text = lines.joined(separator: "\n") + "\n" + added
    if let (old, new) = change {
      #expect(text.contains(old))
      text.replace(old, with: new)
    }
    return Transcripts.conversation.problems(in: timeline(text))
  }

  @Test func whatWentAsScriptedHasNoProblems() { #expect(problems() == []) }

  @Test func aTurnThatWasNotAnsweredIsNamed() {
    #expect(
      problems(without: ["3804 room", "5990 room"]) == [
        "\"when are you open\" at 1.52 s was not answered"
      ])
  }

  @Test func speechThatWasNotHeardIsNamed() {
    #expect(
      problems(without: ["turn=2 phase=committed"]) == [
        "\"tell me a story\" at 7.00 s was not heard as a turn"
      ])
  }

  @Test func anInterruptionThatWasNoneIsNamed() {
    #expect(
      problems(without: ["mute reply=2 phase=confirmed"]) == [
        "\"stop where is the cafe\" at 11.24 s should have interrupted the reply and did not"
      ])
  }

  @Test func anInterruptionThatTookTooLongIsNamed() {
    let slow = problems(changing: ("11352 room", "12999 room"))
    #expect(slow.count == 1)
    #expect(slow.first?.contains("only after 1759 ms; 1500 ms are allowed") == true)
  }

  @Test func aReplyThatIsHeardAgainIsNamed() {
    let added = """
      12000 room phase=loudspeaker_started
      12500 room phase=loudspeaker_silent
      """
    let lines = Transcripts.good.split(separator: "\n")
    let silent = lines.firstIndex { $0.contains("11352") }!
    let text = (lines[...silent] + added.split(separator: "\n") + lines[(silent + 1)...])
      .joined(separator: "\n")
    #expect(
      Transcripts.conversation.problems(in: timeline(text)) == [
        "\"stop where is the cafe\" at 11.24 s silenced the loudspeaker, which was heard again at "
          + "12.00 s while the visitor still spoke"
      ])
  }

  @Test func aDeviceThatInterruptsItselfIsNamed() {
    let added = "5000 mute reply=1 phase=confirmed onset_ms=4800"
    #expect(
      problems(adding: added) == [
        "the device interrupted reply 1 at 4.80 s though the visitor did not"
      ])
  }

  @Test func aTurnNobodySpokeIsNamed() {
    let added = """
      4900 turn turn=9 phase=started cause=speech onset_ms=4800
      5600 turn turn=9 phase=committed end_ms=5500
      """
    #expect(
      problems(adding: added) == ["the device heard a turn at 4.80 s though nobody spoke"])
  }

  @Test func oneSentenceThatBecameTwoTurnsIsNamed() {
    let added = """
      2100 turn turn=9 phase=started cause=speech onset_ms=2000
      2700 turn turn=9 phase=committed end_ms=2600
      """
    #expect(
      problems(adding: added) == [
        "one thing the visitor said became two turns (turn 9 at 2.00 s)"
      ])
  }

  @Test func brokenLinksAndEndlessWaitsAreNamed() {
    #expect(
      problems(adding: "9000 link phase=closed reason=refused") == [
        "at 9.00 s: the link to the agent closed: refused"
      ])
    #expect(
      problems(adding: "9000 room phase=patience_ended line=3") == [
        "at 9.00 s: the visitor waited in vain at line 3 of the script"
      ])
    #expect(problems(without: ["script_ended"]) == ["the script did not come to its end"])
  }

  @Test func anAgentThatWasNeverReachedIsNamedWithTheReason() {
    #expect(
      problems(without: ["phase=open"], adding: "40 link phase=closed reason=refused") == [
        "the device never reached the agent: refused"
      ])
  }

  @Test func nothingAtAllIsAProblem() {
    #expect(
      Transcripts.conversation.problems(in: Timeline()) == [
        "the device never reached the agent", "the script did not come to its end",
        "the visitor spoke 0 of 3 times",
      ])
  }
}
