import Linux
import Testing

@testable import Appliance

@Suite struct RingTests {
  @Test func whatGoesInComesOutInOrderRoundAndRound() {
    let ring = Ring<Int>(capacity: 4, filler: -1)
    var pushed = 0
    var popped = 0
    // Three in, two out, and from time to time everything: every place is used in every way.
    for round in 0..<1_000 {
      for _ in 0..<3 where ring.push(pushed) { pushed += 1 }
      for _ in 0..<(round % 7 == 0 ? 4 : 2) {
        guard let value = ring.pop() else { break }
        #expect(value == popped)
        popped += 1
      }
      #expect(ring.count == pushed - popped)
    }
    #expect(pushed > 1_000)
  }

  @Test func aFullRingRefusesAndKeepsWhatItHas() {
    let ring = Ring<Int>(capacity: 2, filler: 0)
    #expect(ring.capacity == 2 && !ring.isFull)
    #expect(ring.push(1) && ring.push(2))
    #expect(ring.isFull)
    #expect(!ring.push(3) && !ring.push(4))
    #expect(ring.pop() == 1)
    #expect(ring.push(5))
    #expect(ring.pop() == 2 && ring.pop() == 5 && ring.pop() == nil)
  }

  @Test func lookingTakesNothingAndAnEmptyRingHasNothingToDrop() {
    let ring = Ring<Int>(capacity: 2, filler: 0)
    #expect(ring.peek() == nil)
    ring.drop()
    #expect(ring.count == 0)
    #expect(ring.push(1))
    #expect(ring.peek() == 1 && ring.peek() == 1 && ring.count == 1)
    ring.drop()
    #expect(ring.peek() == nil && ring.count == 0)
  }

  /// More than a word, so that a torn element would be seen.
  private struct Parcel: BitwiseCopyable {
    var number = 0
    var twice = 0
    var negative = 0
    init(_ number: Int) {
      self.number = number
      twice = 2 * number
      negative = -number
    }
    var isWhole: Bool { twice == 2 * number && negative == -number }
  }

  @Test func twoThreadsPassTwoHundredThousandElementsInOrder() throws {
    let ring = Ring<Parcel>(capacity: 64, filler: Parcel(0))
    let wanted = 200_000
    let thread = try RealtimeThread.start(name: "pushing", priority: nil) {
      for number in 0..<wanted {
        while !ring.push(Parcel(number)) { MonotonicClock.sleep(untilMicroseconds: 0) }
      }
    }
    var next = 0
    var torn = 0
    var unordered = 0
    while next < wanted {
      guard let parcel = ring.pop() else {
        MonotonicClock.sleep(untilMicroseconds: 0)
        continue
      }
      if !parcel.isWhole { torn += 1 }
      if parcel.number != next { unordered += 1 }
      next += 1
    }
    thread.join()
    #expect(torn == 0 && unordered == 0)
    #expect(ring.pop() == nil)
  }
}
