"""What the synthetic talkers say: sentences drawn from patterns, so that no two voices say the same."""

import numpy as np

PATTERNS = """
{hello}, what can I do for you today?|Could you tell me where the {place} is?|I would like {number} tickets for {day}.
The {place} is on your left, right behind the {place}.|Please turn {onoff} the {thing} in the {room}.|Set a timer for {number} minutes.
What is the weather going to be like on {day}?|Stop.|Wait a moment.|No, not that one.|Yes, please.|Hold on, I meant {day}.
It is {number} past {number}.|Your table for {number} is booked for {day} at {number}.|Remind me to call {name} at {number}.
I have found {number} results; the nearest is beside the {place}.|How long does it take to the {place}?|Play something quiet.
The train to {city} leaves from platform {number} in {number} minutes.|Is there a {place} near here that is still open?
Who is at the door?|Turn it down, please.|Louder.|Never mind.|Tell {name} that dinner is almost ready.|Where did I leave my {thing}?
That costs {number} euros and {number} cents.|Can I pay with a card?|Thank you very much, goodbye.|What time do you close on {day}?
The {thing} is {onoff}, and the {thing} in the {room} has been {onoff} since {day}.|Add {thing} and {thing} to the list.
Excuse me, that is wrong.|I said {number}, not {number}.|Go back to the beginning.|Repeat the last part.|Which {thing} do you mean?
My number is {number} {number} {number} {number}.|The code is {number}, {number}, {number}.|Please speak to {name} at the {place}.
We walked through {city} until the rain stopped, and then we looked for a {place}.|She put the {thing} under the {thing} and left.
He never told {name} why the {place} was closed.|The old {thing} in the {room} makes a strange noise every {day}.
Yesterday a small ship brought {number} boxes of fresh fruit to {city}.|Why does the {thing} blink?|Open the {thing}.|Close the window.
""".strip().replace("\n", "|").split("|")

LONG = """
To get to the {place}, go straight ahead past the {place}, take the second street on your right, and walk for about {number} minutes until you see the {thing}.
There are {number} possibilities. You can take the train to {city}, which leaves at {number}, or the bus, which is slower but stops right in front of the {place}.
The museum opens at {number} on {day}. Children come in free of charge, and with this ticket you may visit the {place} and the garden as often as you like.
Here is the news. In {city} the bridge by the {place} has been closed since {day}, because a {thing} had fallen on the road. It opens again in {number} days.
First, take {number} eggs and a little flour. Then stir slowly, add the milk, and let it rest in the {room} for {number} minutes before you heat the pan.
The {thing} works best when it stands in a dry place, away from the window. If the light blinks, hold the button for {number} seconds and wait for the tone.
Tomorrow will be cloudy at first, with some rain over {city}. In the afternoon it clears up, and the temperature rises to {number} degrees.
I looked that up for you. {name} lived in {city} for {number} years, wrote several books about the sea, and later became the keeper of a lighthouse.
""".strip().split("\n")

SLOTS = {
    "hello": "Hello|Good morning|Hi there|Good evening|Welcome",
    "place": "station|pharmacy|library|exit|lift|market|town hall|bakery|ticket desk|swimming pool|garden|school",
    "day": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|the weekend|tomorrow|the third of May",
    "number": "two|three|four|five|six|seven|eight|nine|eleven|twelve|fifteen|seventeen|twenty|thirty four|fifty|sixty one",
    "thing": "lamp|heater|radio|kettle|umbrella|notebook|bread|coffee|key|blanket|clock|printer|towel|battery",
    "room": "kitchen|bedroom|hall|bathroom|office|garage|living room|cellar",
    "onoff": "on|off|up|down",
    "name": "Anna|Peter|Maria|Thomas|Julia|Mr Brown|Mrs Miller|Oscar|Helen|Walter",
    "city": "London|Hamburg|Lisbon|Oslo|Geneva|Warsaw|Boston|Dublin|Athens|Turin",
}

# Everyday words, put together without grammar: the ear of a detector hears sounds, not sense.
WORDS = {
    "de": "wir haben heute morgen wieder zwei kleine häuser gesehen und dann ging er langsam nach hause weil es schon spät war bitte schalte das licht im wohnzimmer aus danke nein doch vielleicht zwanzig",
    "fr": "nous avons trouvé une petite maison près de la gare et puis il est rentré parce que la pluie tombait encore merci non peut-être ouvre la fenêtre demain matin vingt-deux jours",
    "es": "ayer encontramos una casa pequeña cerca de la estación y luego llegó el tren porque llovía mucho gracias no quizás abre la ventana mañana por la tarde veinte minutos",
    "it": "ieri abbiamo trovato una piccola casa vicino alla stazione e poi il treno partiva perché pioveva ancora grazie no forse apri la finestra domani mattina venti minuti",
    "pt": "ontem vimos uma casa pequena perto da estação e depois chegou o comboio porque chovia muito obrigado não talvez abre a janela amanhã de manhã vinte minutos",
    "nl": "wij hebben gisteren een klein huis gezien bij het station en toen kwam de trein omdat het regende dank je nee misschien doe het raam open morgen twintig minuten",
    "sv": "vi såg ett litet hus vid stationen igår och sedan kom tåget för att det regnade tack nej kanske öppna fönstret i morgon tjugo minuter",
    "da": "vi så et lille hus ved stationen i går og så kom toget fordi det regnede tak nej måske åbn vinduet i morgen tyve minutter",
    "pl": "wczoraj widzieliśmy mały dom obok dworca a potem przyjechał pociąg bo padał deszcz dziękuję nie może otwórz okno jutro rano dwadzieścia minut",
    "cs": "vcera jsme videli maly dum vedle nadrazi a potom prijel vlak protoze prselo dekuji ne snad otevri okno zitra rano dvacet minut kolik to stoji prosim",
    "fi": "eilen me näimme pienen talon aseman vieressä ja sitten juna tuli koska satoi kiitos ei ehkä avaa ikkuna huomenna aamulla kaksikymmentä minuuttia",
    "ca": "ahir vam veure una casa petita prop de la estacio i despres va arribar el tren perque plovia molt gracies no potser obre la finestra dema al mati vint minuts",
    "hu": "tegnap láttunk egy kis házat az állomás mellett és aztán jött a vonat mert esett az eső köszönöm nem talán nyisd ki az ablakot holnap reggel húsz perc",
    "tr": "dün istasyonun yanında küçük bir ev gördük sonra tren geldi çünkü yağmur yağıyordu teşekkürler hayır belki pencereyi aç yarın sabah yirmi dakika",
    "ro": "ieri am văzut o casă mică lângă gară și apoi a venit trenul pentru că ploua mulțumesc nu poate deschide fereastra mâine dimineață douăzeci de minute",
    "sw": "jana tuliona nyumba ndogo karibu na kituo halafu treni ilikuja kwa sababu mvua ilinyesha asante hapana labda fungua dirisha kesho asubuhi dakika ishirini",
}


def _syllables(rng: np.random.Generator, consonants: str, vowels: list[str]) -> str:
    count = int(rng.integers(2, 5))
    return "".join(str(rng.choice(list(consonants))) + str(rng.choice(vowels)) for _ in range(count))


def _words(language: str, rng: np.random.Generator, count: int) -> str:
    if language == "hi":
        return " ".join(_syllables(rng, "कगचजतदनपबमयरलवसह", ["", "ा", "ि", "ी", "ु", "े", "ो"]) for _ in range(count))
    if language == "te":
        return " ".join(_syllables(rng, "కగచజతదనపబమయరలవసహ", ["", "ా", "ి", "ీ", "ు", "ే", "ో"]) for _ in range(count))
    return " ".join(rng.choice(WORDS[language].split(), count).tolist())


def english(rng: np.random.Generator, long: bool = False) -> str:
    """A sentence, or several for the long answer of an agent."""
    text = str(rng.choice(LONG if long else PATTERNS))
    for slot, fillings in SLOTS.items():
        while "{" + slot + "}" in text:
            text = text.replace("{" + slot + "}", str(rng.choice(fillings.split("|"))), 1)
    return text


def sentence(language: str, rng: np.random.Generator, long: bool = False) -> str:
    if language.startswith("en"):
        return english(rng, long)
    parts = int(rng.integers(2, 4)) if long else 1
    shortest, longest = (6, 12) if long else (1, 9)
    return ". ".join(
        _words(language, rng, int(rng.integers(shortest, longest))).capitalize() for _ in range(parts)
    ) + "."


def sentences(language: str, seed: int, short: int, long: int) -> list[str]:
    """What one voice says, the long ones last."""
    rng = np.random.default_rng(seed)
    return [sentence(language, rng) for _ in range(short)] + [sentence(language, rng, True) for _ in range(long)]
