/// Which lane is where in a `HearingPicture`, from above.
struct Plan {
  struct Lane {
    let top: Double
    let height: Double
    var bottom: Double { top + height }
    var middle: Double { top + height / 2 }
  }

  let events: Lane
  let mic: Lane
  let reference: Lane
  let probability: Lane
  let person: Lane
  let turn: Lane
  let reply: Lane
  let delay: Lane
  let drift: Lane
  let echoReduction: Lane
  let axis: Double

  init(_ picture: HearingPicture, from top: Double) {
    var next = top
    func lane(_ height: Double, gap: Double = 10, if isThere: Bool = true) -> Lane {
      let lane = Lane(top: next, height: isThere ? height : 0)
      if isThere { next += height + gap }
      return lane
    }
    let hasLoudspeaker = picture.reference != nil
    let bins = picture.trace.bins
    events = lane(3 * EventRows.height, gap: 6)
    mic = lane(124)
    reference = lane(70, if: hasLoudspeaker)
    probability = lane(92, gap: 14)
    person = lane(16, gap: 6)
    turn = lane(16, gap: 6)
    reply = lane(16, gap: 6, if: hasLoudspeaker)
    next += 6
    delay = lane(52, if: bins.contains { $0.delay != nil })
    drift = lane(52, if: bins.contains { $0.drift != nil })
    echoReduction = lane(52, if: bins.contains { $0.echoReduction != nil })
    axis = next
  }
}
