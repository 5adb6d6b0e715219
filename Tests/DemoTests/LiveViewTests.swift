import Testing

@testable import Demo

@Suite struct LiveViewTests {
  private func rows(_ text: String, _ style: LiveView.Style) -> [String] {
    var view = LiveView(style)
    var timeline = Timeline()
    return transcript(text).flatMap { happening in
      timeline.add(happening)
      return view.rows(for: happening, in: timeline)
    }
  }

  @Test func linesTellTheStoryWithoutATerminal() {
    let rows = rows(Transcripts.good, .plain)
    #expect(rows.contains("   1.52 s  visitor  starts: when are you open"))
    #expect(rows.contains("   3.31 s  state    thinking (endpoint)"))
    #expect(rows.contains("   3.80 s  agent    starts · answer after 1.20 s"))
    #expect(rows.contains("  11.35 s  agent    ends · SILENT after 112 ms"))
    #expect(rows.contains("  11.50 s  device   INTERRUPTED"))
    #expect(!rows.contains { $0.contains("\u{1B}") })
  }

  @Test(arguments: [40, 72, 80, 110, 160, 500])
  func lanesStayWithinTheTerminal(_ columns: Int) {
    let rows = rows(Transcripts.good, .lanes(columns: columns, hasColour: false))
    #expect(rows.allSatisfy { $0.count <= max(72, columns) })
    // Nothing that was said is lost on the way.
    #expect(rows.contains { $0.contains("when") })
    #expect(rows.contains { $0.contains("INTERRUPTED") })
  }

  @Test func coloursOnlyWhereTheyAreWanted() {
    #expect(
      rows(Transcripts.good, .lanes(columns: 100, hasColour: true)).contains {
        $0.contains("\u{1B}[36m")
      })
    #expect(
      !rows(Transcripts.good, .lanes(columns: 100, hasColour: false)).contains {
        $0.contains("\u{1B}")
      })
  }

  @Test func levelsDrawRowsOnlyWhileSomebodyIsHeard() {
    let talking = """
      900 level mic_db=-60 speaker_db=-96
      1000 room phase=talker_started text=hello
      1100 level mic_db=-20 speaker_db=-96
      1250 level mic_db=-20 speaker_db=-96
      1300 level mic_db=-20 speaker_db=-96
      1400 room phase=talker_ended
      1700 level mic_db=-60 speaker_db=-96
      """
    let rows = rows(talking, .lanes(columns: 100, hasColour: false))
    #expect(rows.count == 3)
    #expect(rows[1].contains("┃━━━"))
    #expect(self.rows(talking, .plain).count == 2)
  }

  @Test func theSummaryNamesWhatWasNotMeasured() {
    let good = Summary.lines(Figures(of: timeline(Transcripts.good)))
    #expect(good.contains { $0.contains("answer time     1.20 s") })
    #expect(good.contains { $0.contains("112 ms, onset of the interruption to silence") })
    #expect(good.contains { $0.contains("11 KB, which is 2.1 % of the 544 KB of continuous") })
    #expect(Summary.lines(Figures(of: Timeline())).contains { $0.contains("not measured") })
  }
}

@Suite struct TextTests {
  @Test func numbersAreRoundedForPeople() {
    #expect(Text.seconds(1_235) == "1.24 s")
    #expect(Text.seconds(60_000) == "60.00 s")
    #expect(Text.seconds(-5) == "-0.01 s")
    #expect(Text.span(999) == "999 ms")
    #expect(Text.bytes(9_999) == "9999 bytes")
    #expect(Text.bytes(1_849_000) == "1.8 MB")
    #expect(Text.percent(0.0206) == "2.1 %")
  }

  @Test func wordsAreWrappedAndCut() {
    #expect(Text.wrapped("one two three four", width: 9, lines: 2) == ["one two", "three fo…"])
    #expect(Text.wrapped("extraordinarily", width: 6, lines: 3) == ["extra…"])
    #expect(Text.wrapped("", width: 6, lines: 3) == [])
  }
}
