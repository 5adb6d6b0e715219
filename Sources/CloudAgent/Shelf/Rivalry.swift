internal import VoiceCore

/// Finds devices whose sessions keep ending each other: several boards with one name and one proof, of
/// which each comes back and throws another out.
struct Rivalry: Sendable {
  /// One or two are a board that came back before we knew that it was gone.
  static let suspicious = 3
  static let within = SampleSpan.seconds(600)
  /// More such devices at once, and some are found late.
  static let mostRemembered = 256

  private struct Past {
    var since: SampleTime
    var ended = 0
  }
  private var past = RecentTable<String, Past>(limit: Rivalry.mostRemembered)

  /// A session that had its connection made room for a newer one of its device. True once in ten
  /// minutes at most: somebody should hear of it.
  mutating func hasEnded(ofDevice device: String, at now: SampleTime) -> Bool {
    past.update(device, or: Past(since: now)) { past in
      if now - past.since >= Rivalry.within { past = Past(since: now) }
      past.ended += 1
      return past.ended == Rivalry.suspicious
    }
  }
}
