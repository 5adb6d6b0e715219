import Room
import Testing

@testable import Demo

@Suite struct TimelinePictureTests {
  private let sound = WaveSound(
    rate: 16_000, channels: 2,
    samples: (0..<(17_000 * 32)).map { $0 % 32 < 16 ? 4_000 : -4_000 })

  @Test func thePictureShowsWordsStatesAndFigures() {
    let timeline = timeline(Transcripts.good)
    let svg = TimelinePicture(timeline, Figures(of: timeline), sound: sound).svg
    for shown in [">112 ms<", "silent after 112 ms", ">when are you open<", ">thinking<", "held +"]
    {
      #expect(svg.contains(shown), "\(shown)")
    }
    #expect(svg.hasPrefix("<?xml"))
    #expect(svg.hasSuffix("</svg>\n"))
    #expect(isBalanced(svg))
    // Small enough to be opened anywhere.
    #expect(svg.utf8.count < 400_000)
  }

  @Test func whatWasSaidCannotBreakThePicture() {
    let timeline = timeline("1000 room phase=talker_started text=a<b>&\"c\"\u{1}d")
    let svg = TimelinePicture(timeline, Figures(of: timeline), sound: nil).svg
    #expect(svg.contains("a&lt;b&gt;&amp;&quot;c&quot; d"))
    #expect(isBalanced(svg))
  }

  @Test func anEmptyConversationAndAMissingRecordingAreDrawnToo() {
    #expect(isBalanced(TimelinePicture(Timeline(), Figures(of: Timeline()), sound: nil).svg))
    let good = timeline(Transcripts.good)
    #expect(isBalanced(TimelinePicture(good, Figures(of: good), sound: nil).svg))
    // A recording that ended early, and one of another shape.
    let short = WaveSound(rate: 16_000, channels: 2, samples: Array(sound.samples.prefix(100_000)))
    #expect(isBalanced(TimelinePicture(good, Figures(of: good), sound: short).svg))
    let other = WaveSound(rate: 8_000, channels: 1, samples: sound.samples)
    #expect(isBalanced(TimelinePicture(good, Figures(of: good), sound: other).svg))
  }

  @Test func everyBeginningOfAConversationIsDrawn() {
    let lines = Transcripts.good.split(separator: "\n")
    for count in 0...lines.count {
      let timeline = timeline(lines.prefix(count).joined(separator: "\n"))
      #expect(isBalanced(TimelinePicture(timeline, Figures(of: timeline), sound: nil).svg))
      _ = Transcripts.conversation.problems(in: timeline)
    }
  }

  /// Every element is closed, and no number came out as something else.
  private func isBalanced(_ svg: String) -> Bool {
    var depth = 0
    for part in svg.split(separator: "<").dropFirst() {
      if part.hasPrefix("?") { continue }
      if part.hasPrefix("/") {
        depth -= 1
      } else if !part.contains("/>") {
        depth += 1
      }
      if depth < 0 { return false }
    }
    return depth == 0 && !svg.contains("nan") && !svg.contains("inf\"")
  }
}
