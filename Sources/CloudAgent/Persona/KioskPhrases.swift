/// What visitors of the harbor museum say. The model's dictionary spells the American way.
extension Phrasebook {
  static let kiosk = Phrasebook(
    wishes: wishes, places: places, carriers: carriers, days: days,
    before: "[hello|hi|excuse me|please|okay|sorry|stop|wait|no] "
      + "[can you tell me|could you tell me|i would like to know|do you know]",
    after: "please|thank you|thanks|today|here")

  private static let days = [
    "today", "tomorrow", "tonight", "now", "on the weekend", "at the weekend", "on weekdays",
    "on (monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    "on (mondays|saturdays|sundays)",
  ]

  private static let wishes: [(intent: Intent, patterns: [String])] = [
    (
      .hello,
      [
        "hello [there|again]", "hi there", "good (morning|afternoon|evening|day)",
        "how are you [today]",
      ]
    ),
    (
      .thanks,
      ["thank you [very much|so much]", "thanks a lot", "that was [very] helpful", "that is great"]
    ),
    (
      .goodbye,
      [
        "goodbye", "good bye", "bye bye", "see you later", "have a (nice|good) day",
        "(thank you|thanks) (goodbye|bye bye)", "(thank you|thanks) [and] (goodbye|good bye)",
      ]
    ),
    (
      .name,
      ["/0.1/ who are you", "what is your name", "what's your name", "are you a (robot|computer)"]
    ),
    (
      .abilities,
      [
        "what can you do [for me]", "what can i ask [you]", "help [me]", "can you help me",
        "i need help", "how can you help [me]", "what can i say", "how does this work",
        "what can you (tell me|help me with|answer)", "what questions can you answer",
      ]
    ),
    (
      .hours,
      [
        "what are (your|the) opening (hours|times) [{day}]", "[the] opening (hours|times) [{day}]",
        "when (do you|does the museum) (open|close) [{day}]", "when are you open [{day}]",
        "when is the museum open [{day}]", "(are you|is the museum) (open|closed) {day}",
        "what time (do you|does the museum) (open|close) [{day}]", "when is closing time",
        "(how late|until when|how long) are you open [{day}]", "what are your hours [{day}]",
      ]
    ),
    (
      .tickets,
      [
        "how much (is|are|for) (a|the|one|two) (ticket|tickets) [for (children|students|a family)]",
        "how much does (a ticket|it|the entrance) cost", "how much do (the tickets|tickets) cost",
        "how much is it [to get in]", "what does (a ticket|the entrance|it) cost",
        "what is the (price|entrance fee|ticket price)", "[what are] the ticket prices",
        "how much do i have to pay", "is (the entrance|admission|it) free", "do children pay",
        "is there a [student] discount",
      ]
    ),
    (
      .tours,
      [
        "when is the next [guided] tour", "are there [any] guided tours",
        "is there a [guided] tour",
        "what time is the [next] [guided] tour", "when does the [next] tour start",
        "i would like [to take] a [guided] tour",
      ]
    ),
    (
      .photographs,
      [
        "(can|may) i take (photos|pictures|photographs|a photo|a picture) [here|inside]",
        "are (photos|pictures|photographs|cameras) allowed", "is photography allowed",
      ]
    ),
    (
      .wireless,
      [
        "(is there|do you have) [free] (internet|wireless|wi fi) [here]",
        "what is the (internet|wireless|wi fi) password", "can i use the (internet|wi fi)",
      ]
    ),
    (
      .exhibition,
      [
        "tell me [something|more] about (the|this) (exhibition|exhibit|museum|ships|show|collection)",
        "what is (the|this) (exhibition|exhibit|museum) about", "what can (i|we) see [here|today]",
        "what is there to see [here]", "what is on show",
        "what exhibitions (do you have|are there)",
        "i want to (hear|know) [more] about the (exhibition|museum|ships)", "what is this place",
        "explain the (exhibition|museum) [to me]",
      ]
    ),
    (
      .history,
      [
        "tell me [something|more] about (the|its) history [of (the|this) (harbor|house|town|museum)]",
        "tell me [something|more] about (the|this) (harbor|town|house|building)",
        "what is the history of (this|the) (place|house|harbor|building|museum)",
        "tell me the (history|story) of (the|this) (harbor|house|lighthouse|town|museum)",
        "how old is (this|the) (house|building|harbor|museum|lighthouse)", "tell me a story",
        "(who|when was) built (this|the) (house|harbor|lighthouse)", "tell me the history",
        "when was (the house|the harbor|the lighthouse|it) built",
      ]
    ),
    (
      .louder,
      [
        "louder", "[speak|talk] [a (bit|little)] louder", "volume up",
        "turn it up [a (bit|little)]",
        "turn (up the volume|the volume up)", "i (can't|cannot) hear you", "speak up",
        "(increase|raise) the volume", "you are too quiet",
      ]
    ),
    (
      .quieter,
      [
        "quieter", "[speak|talk] [a (bit|little)] quieter", "volume down", "not so loud",
        "can you speak [a (bit|little)] quieter", "turn it down [a (bit|little)]",
        "turn (down the volume|the volume down)", "you are too loud", "it is too loud",
        "(decrease|lower) the volume",
      ]
    ),
    (
      .volume(0),
      [
        "(set|turn|put) the volume to # [percent]", "set volume to # [percent]",
        "/0.02/ volume [to] # [percent]", "make the volume #",
      ]
    ),
    (
      .stop,
      [
        "stop [it|talking|that]", "stop stop", "be quiet", "that's enough [thanks]",
        "that is enough", "shut up", "never mind", "cancel that",
      ]
    ),
    (
      .again,
      [
        "repeat (that|it)", "please repeat", "say (that|it) again", "what did you say", "pardon me",
        "once again", "can you (repeat|say) that [again]", "i did not (understand|hear) (that|you)",
        "one more time",
      ]
    ),
    (
      .goOn,
      [
        "go on", "please go on", "continue", "please continue", "carry on", "keep (going|talking)",
        "what happened (then|next)", "tell me more", "(where|what) were you saying",
        "finish (it|that|the story)",
      ]
    ),
  ]

  private static let carriers = [
    "where (is|are) [the] {place}", "where's the {place}", "where can i find [the|a|some] {place}",
    "how (do|can) (i|we) (get|go) to the {place}", "(i am|i'm) looking for [the|a] {place}",
    "is there [a|an|any] {place}", "are there [any] {place}", "do you have [a|an|any] {place}",
    "[can you] show me [the way to] the {place}", "which way (is|to) the {place}",
    "what is the way to the {place}", "i need [to (find|go to)] (the|a) {place}",
    "where the {place} (is|are)", "the {place}",
  ]

  private static let places = [
    PlaceWords(
      place: .toilets,
      names: ["toilet", "toilets", "bathroom", "bathrooms", "restroom", "restrooms", "washroom"],
      errands: ["where can i wash my hands"]),
    PlaceWords(
      place: .cafe, names: ["cafe", "coffee shop", "restaurant", "coffee"],
      errands: [
        "where can (i|we) (eat|drink|get) (something|a coffee|a tea|lunch|some water)",
        "where can (i|we) get something to (eat|drink)", "where can (i|we) eat",
        "(i am|i'm|we are) (hungry|thirsty)",
      ]),
    PlaceWords(
      place: .shop, names: ["shop", "gift shop", "museum shop", "gift store", "souvenirs"],
      errands: ["where can i buy (a gift|a present|postcards|a postcard|souvenirs|a book)"]),
    PlaceWords(
      place: .cloakroom, names: ["cloakroom", "lockers", "locker", "coat check", "coat room"],
      errands: ["where can i (leave|put|store) my (coat|bag|jacket|luggage|things|backpack)"]),
    PlaceWords(
      place: .lift, names: ["lift", "elevator", "elevators", "stairs"],
      errands: [
        "how do i get (upstairs|downstairs)",
        "how do i get to the (first|second|third|next|top) floor",
        "where is the (second|first|third|top) floor",
      ]),
    PlaceWords(
      place: .exit, names: ["exit", "way out", "emergency exit", "entrance"],
      errands: ["how do i get out [of here]", "which way is out"]),
    PlaceWords(
      place: .tickets, names: ["ticket desk", "ticket office", "ticket counter", "ticket machine"],
      errands: ["where (can|do) (i|we) (buy|get) (a ticket|tickets)"]),
    PlaceWords(
      place: .information, names: ["information desk", "reception", "front desk", "help desk"],
      errands: ["can i (talk|speak) to (someone|a person|a human)", "who can i ask"]),
    PlaceWords(
      place: .parking, names: ["parking", "car park", "parking lot", "parking garage"],
      errands: ["where can (i|we) park [my car]"]),
    PlaceWords(
      place: .ships,
      names: ["ships", "boats", "model ships", "sailing ships", "exhibition hall"],
      errands: ["where can (i|we) see the (ships|boats)", "where does the (exhibition|tour) start"]),
    PlaceWords(
      place: .tower, names: ["tower", "lighthouse", "viewing platform", "observation deck"],
      errands: ["how do i get up the (tower|lighthouse)", "where can i see the harbor"]),
  ]

  /// Words of ours the model's dictionary lacks.
  static let pronunciations: [(word: String, phones: String)] = [
    ("wi", "W AY"), ("fi", "F AY"), ("cloakroom", "K L OW K R UW M"),
    ("washroom", "W AA SH R UW M"),
  ]
}
