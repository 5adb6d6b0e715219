import SoundPath
import Testing
import VoiceCore

@Suite struct NumberQueueTests {
  @Test(arguments: [1, 7, 110, 160, 441, 480])
  func framesComeOutWhateverGoesIn(block: Int) {
    var queue = NumberQueue(capacity: 1_000)
    var next: Float = 0
    var expected: Int16 = 0
    var frame = Frame()
    for _ in 0..<200 {
      let numbers = (0..<block).map { next + Float($0) }
      next += Float(block)
      queue.push(numbers, count: block)
      while queue.pop(&frame) {
        for index in 0..<Frame.sampleCount {
          #expect(frame[index] == expected)
          expected += 1
        }
        if expected > 15_000 { return }
      }
      let left = queue.count
      #expect(left < Frame.sampleCount)
    }
  }

  @Test func whatIsNotTakenInTimeIsLostFromTheOldEnd() {
    var queue = NumberQueue(capacity: 200)
    queue.push((0..<300).map(Float.init), count: 300)
    let (count, lost) = (queue.count, queue.lost)
    #expect(count == 200 && lost == 100)
    var frame = Frame()
    let isWhole = queue.pop(&frame)
    #expect(isWhole)
    #expect(frame[0] == 100)
    let isAnother = queue.pop(&frame)
    let left = queue.count
    #expect(!isAnother && left == 40)
  }

  @Test func whatIsTooLoudIsLimited() {
    var queue = NumberQueue(capacity: 200)
    queue.push([Float](repeating: 40_000, count: 80), count: 80)
    queue.push([Float](repeating: -40_000, count: 80), count: 80)
    var frame = Frame()
    let isWhole = queue.pop(&frame)
    #expect(isWhole)
    #expect(frame[0] == 32_767 && frame[159] == -32_768)
  }
}
