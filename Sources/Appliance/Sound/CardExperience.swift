/// What was learned of a card that was lost, for when it is opened again.
struct CardExperience {
  /// Frames a second at which it runs, where that is not what it claims.
  var pace: Int?
  /// It was there and did not move.
  var wasSilent = false
}
