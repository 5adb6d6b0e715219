import ControlProtocol
import Demo

/// Events as the daemon would send them, written one a line: `1200 turn phase=started turn=1 …`.
/// A value with blanks stands last on its line.
func transcript(_ text: String) -> [Happening] {
  text.split(separator: "\n").compactMap { line in
    var fields = Fields()
    let words = line.split(separator: " ").map { String($0) }
    guard words.count >= 2 else { return nil }
    fields.add("event", words[1])
    var pairs: [(String, String)] = []
    for word in words.dropFirst(2) {
      if let equals = word.firstIndex(of: "=") {
        pairs.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
      } else if let last = pairs.indices.last {
        pairs[last].1 += " " + word
      }
    }
    for (key, value) in pairs { fields.add(key, value) }
    fields.add("at_ms", words[0])
    return Happening(fields)
  }
}

func timeline(_ text: String) -> Timeline {
  var timeline = Timeline()
  timeline.add(transcript(text))
  return timeline
}

enum Transcripts {
  static let conversation = ScriptedConversation([
    .init("hours", "when are you open"),
    .init("story", "tell me a story"),
    .init("stop", "stop where is the cafe", interruptsAfter: 2_000),
  ])

  /// Two questions and an interruption that is a question too, as it should go.
  static let good = """
    0 state state=idle before=starting reason=started
    20 link phase=connecting
    90 link phase=open
    1520 room phase=talker_started line=2 text=when are you open
    1640 turn turn=1 phase=started cause=speech onset_ms=1530
    1640 state state=listening before=idle reason=speech
    2600 room phase=talker_ended line=2
    3310 turn turn=1 phase=committed cause=speech reason=endpoint end_ms=2590 audio_ms=1660
    3310 state state=thinking before=listening reason=endpoint
    3600 transcript turn=1 final=yes text=when are you open
    3700 reply reply=1 turn=1 phase=started text=We are open from nine to five.
    3800 reply reply=1 turn=1 phase=first_sound
    3800 state state=speaking before=thinking reason=reply
    3804 room phase=loudspeaker_started line=0
    6000 reply reply=1 turn=1 phase=drained played_ms=2200
    6000 state state=idle before=speaking reason=drained
    5990 room phase=loudspeaker_silent line=0
    7000 room phase=talker_started line=4 text=tell me a story
    7100 turn turn=2 phase=started cause=speech onset_ms=7010
    7100 state state=listening before=idle reason=speech
    8000 room phase=talker_ended line=4
    8700 turn turn=2 phase=committed cause=speech reason=endpoint end_ms=7990 audio_ms=1500
    8700 state state=thinking before=listening reason=endpoint
    9000 reply reply=2 turn=2 phase=started text=Once upon a time there was a house by the sea.
    9200 reply reply=2 turn=2 phase=first_sound
    9200 state state=speaking before=thinking reason=reply
    9200 room phase=loudspeaker_started line=0
    11240 room phase=talker_started line=7 text=stop where is the cafe
    11290 mute reply=2 phase=ducked onset_ms=11250 played_ms=2050
    11340 mute reply=2 phase=held onset_ms=11250 played_ms=2100
    11500 mute reply=2 phase=confirmed onset_ms=11250 played_ms=2100
    11500 reply reply=2 turn=2 phase=dropped played_ms=2100
    11510 turn turn=3 phase=started cause=barge-in onset_ms=11250
    11510 state state=listening before=speaking reason=interrupted
    11352 room phase=loudspeaker_silent line=0
    12700 room phase=talker_ended line=7
    13400 turn turn=3 phase=committed cause=barge-in reason=endpoint end_ms=12690 audio_ms=1900
    13400 state state=thinking before=listening reason=endpoint
    13700 reply reply=3 turn=3 phase=started text=The café is in the garden.
    13900 reply reply=3 turn=3 phase=first_sound
    13900 state state=speaking before=thinking reason=reply
    13900 room phase=loudspeaker_started line=0
    15800 reply reply=3 turn=3 phase=drained played_ms=1900
    15790 room phase=loudspeaker_silent line=0
    15800 state state=idle before=speaking reason=drained
    16500 room phase=script_ended line=0
    17000 stats bytes_up=11200 bytes_up_continuous=544000
    """
}
