import SoundPath
import Testing
import VoiceCore

@Suite struct PlayedTapeTests {
  private func numbered(_ number: Int) -> Frame {
    var frame = Frame()
    for index in 0..<Frame.sampleCount { frame[index] = Int16(number * 160 + index + 1) }
    return frame
  }

  @Test(arguments: [0, 1, 128, 160, 333, 3_000])
  func whatIsInTheAirIsWhatWasWrittenSoLongAgo(behind: Int) {
    var tape = PlayedTape()
    var frame = Frame()
    for number in 0..<100 {
      tape.read(behind: behind, into: &frame)
      let first = number * 160 - behind - 160
      for index in 0..<Frame.sampleCount {
        #expect(frame[index] == Int16(max(0, first + index + 1)))
      }
      tape.write(numbered(number))
    }
  }

  @Test func whatWasTakenBackIsSilentAfterItsFade() {
    var tape = PlayedTape()
    tape.write(Frame(repeating: 1_000))
    tape.write(Frame(repeating: 1_000))
    tape.silence(last: 200, fade: 50)
    var first = Frame()
    var second = Frame()
    tape.read(behind: 160, into: &first)
    tape.read(behind: 0, into: &second)
    #expect(first[119] == 1_000 && first[120] == 980 && first[159] == 200)
    #expect(second[8] == 20 && second[9] == 0 && second[159] == 0)
  }

  @Test func silenceThatIsPutInMovesWhatComesAfter() {
    var tape = PlayedTape()
    tape.write(numbered(0))
    tape.writeSilence(40)
    tape.write(numbered(1))
    var frame = Frame()
    tape.read(behind: 100, into: &frame)
    // The end of the first, forty of silence, and of the second all but its last hundred.
    #expect(frame[59] == 160 && frame[60] == 0 && frame[99] == 0 && frame[100] == 161)
  }
}
