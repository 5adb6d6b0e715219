import Picture
import Testing

@Suite struct DrawingTests {
  private func svg(_ draw: (inout Drawing) -> Void) -> String {
    var drawing = Drawing(width: 100)
    draw(&drawing)
    return String(
      decoding: drawing.svg(height: 50, background: "#fff", describing: "t"), as: UTF8.self)
  }

  @Test func aNameFromOutsideCannotLeaveItsPlace() {
    let svg = svg {
      $0.text("</text><script>&\"\u{1}", 1, 2, "#000")
      $0.rectangle(0, 0, 1, 1, "#000", hint: "a<b")
    }
    #expect(svg.contains(">&lt;/text&gt;&lt;script&gt;&amp;&quot; </text>"))
    #expect(svg.contains("<title>a&lt;b</title></rect>"))
  }

  @Test func lettersOfEveryLanguageStay() {
    #expect(svg { $0.text("Größe 音 🎙", 0, 0, "#000") }.contains(">Größe 音 🎙</text>"))
  }

  @Test func pathsAreWrittenByTheirDifferencesAndNoErrorAddsUp() {
    let svg = svg {
      $0.curve([(0, 0), (0.34, 0.05), (0.68, -1), (1.02, -1), (11, 2)], "#000")
    }
    // 0, 0.3, 0.7, 1.0, 11.0 across; 0, 0.1, -1, -1, 2 down.
    #expect(svg.contains(" d=\"M0 0l.3 .1l.4-1.1h.3l10 3\""))
  }

  @Test func whatCannotBeDrawnEndsNothing() {
    let svg = svg {
      $0.rectangle(.nan, -.infinity, -5, 1e300, "#000")
      $0.curve([(.nan, 1), (2, .infinity)], "#000")
      $0.shape([], "#000")
    }
    #expect(svg.contains("<rect x=\"0\" y=\"0\" width=\"0\" height=\"0\""))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
  }

  @Test func strokesShareOneElement() {
    let svg = svg { $0.strokes(at: [1, 2.25], from: 3, to: 4.5, "#000", width: 1) }
    #expect(svg.contains("<path d=\"M1 3V4.5M2.3 3V4.5\" stroke=\"#000\" stroke-width=\"1\"/>"))
  }

  @Test func numbersAreShort() {
    let svg = svg { $0.rectangle(1, 2.04, 3.06, -0.05, "#000", opacity: 0.07) }
    #expect(svg.contains("x=\"1\" y=\"2\" width=\"3.1\" height=\"-0.1\""))
    #expect(svg.contains("fill-opacity=\"0.07\""))
  }
}
