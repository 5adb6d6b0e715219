import Linux
import TestSupport
import Testing
import VoiceCore

@testable import Replay

@Suite struct HearingPictureTests {
  private func picture(_ steps: [Replay.Step], mic: String = "mic.wav", samples: Int? = nil)
    -> String
  {
    let samples = samples ?? steps.count * Frame.sampleCount
    var trace = HearingTrace(samples: samples)
    var figures = Figures(samples: samples)
    for step in steps {
      trace.add(step, mic: step.clean, reference: step.clean)
      figures.add(step, mic: step.clean)
    }
    let picture = HearingPicture(
      mic: mic, reference: "ref.wav", trace: trace, figures: figures, thresholds: (0.5, 0.35))
    return String(decoding: picture.svg(), as: UTF8.self)
  }

  private func step(_ number: Int, _ events: [Replay.Event] = []) -> Replay.Step {
    Replay.Step(
      time: .start + .frames(number + 1), clean: Frame(repeating: 1_000), probability: 0.5,
      isSpeech: false, isFar: true, order: .play, events: events)
  }

  /// As often opened as closed.
  private func isBalanced(_ svg: String) -> Bool {
    for element in ["text", "title", "svg"] {
      let opened = svg.ranges(of: "<\(element)>").count + svg.ranges(of: "<\(element) ").count
      if opened != svg.ranges(of: "</\(element)>").count { return false }
    }
    return svg.hasSuffix("</svg>\n")
  }

  @Test func aConversationShowsWhatHappened() {
    let onset = SampleTime.start + .milliseconds(2_400)
    let steps = (0..<600).map { number in
      switch number {
      case 250: step(number, [.speechStart(start: onset), .duck])
      case 270: step(number, [.bargeIn(start: onset)])
      case 400: step(number, [.endpoint(end: onset)])
      default: step(number)
      }
    }
    let svg = picture(steps)
    #expect(isBalanced(svg))
    for word in [
      "microphone", "loudspeaker", "probability", "barge_in +310", "speech_start +110", "6.00 s",
    ] {
      #expect(svg.contains(word), "\(word)")
    }
  }

  @Test func whatIsNotKnownOfTheRoomIsNotDrawn() {
    let svg = picture((0..<100).map { step($0) })
    #expect(!svg.contains("clock drift") && !svg.contains("echo delay"))
  }

  @Test func whatIsKnownOfTheRoomHasItsLanes() {
    let steps = (0..<200).map { number in
      var step = step(number)
      step.delay = number < 50 ? nil : 73.2
      step.drift = -50
      step.echoReduction = Float(number) / 8
      return step
    }
    let svg = picture(steps)
    for word in ["echo delay", "73.2 ms", "-50 ppm", "echo taken out"] {
      #expect(svg.contains(word), "\(word)")
    }
  }

  @Test func theNameOfAFileIsOnlyAName() {
    let svg = picture([step(0)], mic: "<b>&\"x\".wav")
    #expect(isBalanced(svg))
    #expect(svg.contains("&lt;b&gt;&amp;&quot;x&quot;.wav") && !svg.contains("<b>"))
  }

  @Test(arguments: [0, 1, 2, 159, 160, 161, 1_700, 20_001])
  func everyLengthHasAPicture(samples: Int) {
    let frames = (samples + Frame.sampleCount - 1) / Frame.sampleCount
    #expect(isBalanced(picture((0..<frames).map { step($0) }, samples: samples)))
  }

  /// Five minutes of nothing but events is still mailed in one piece.
  @Test func thePictureStaysSmallHoweverMuchHappens() {
    let steps = (0..<30_000).map { number in
      let events: [Replay.Event] =
        switch number % 4 {
        case 0: [.duck, .speechStart(start: .start + .frames(number))]
        case 1:
          [.bargeIn(start: .start + .frames(number)), .eagerEnd(end: .start + .frames(number))]
        case 2: [.unduck, .speechEnd(end: .start + .frames(number)), .resumed]
        default: [.endpoint(end: .start + .frames(number))]
        }
      var step = step(number, events)
      step.probability = Float(number % 2)
      step.order = number % 4 < 2 ? .duck : .hold
      step.isFar = number % 8 < 4
      return step
    }
    let size = picture(steps).utf8.count
    #expect(size < 3 << 19, "\(size)")
  }
}
