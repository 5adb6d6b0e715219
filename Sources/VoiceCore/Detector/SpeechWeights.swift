// Written by tools/train; docs/TRAINING.md says from what.
enum SpeechWeights {
  static var text: StaticString {
    """
    """
  }
}
