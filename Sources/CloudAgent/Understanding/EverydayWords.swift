/// Common words of English the phrases mostly lack: what speech about something else is made of.
enum EverydayWords {
  static let all: [String] = text.split { $0 == " " || $0.isNewline }.map { String($0) }

  private static let text = """
    a about after again all also always am an and another any anything are around as ask at away
    back bad be because bed been before began behind being believe better between big bird black
    blue boat body book both bottle boy bread bring brother brought brown build bus business but
    buy by call came can can't car card care carry cat cause chair change child children city class
    clean clear clock cold color come computer cook could country course cup cut dark daughter day
    dear did didn't different dinner do doctor does dog doing don't done door down draw dream dress
    drink drive dry during each early ear earth east easy eat egg eight else end enough even
    evening ever every everyone everything eye face fact fall family far farm fast father feel feet
    fell felt few field fight find fine finger fire first fish five floor flower fly follow food
    foot football for forget found four free friend from front full game garden gave get girl give
    glad glass go god going gold gone good got great green ground group grow guess had hair half
    hand happen happy hard has hat have he head hear heard heart heavy help her here high hill him
    his hit hold home horse hot hour house how hundred husband i idea if in inside into is it its
    job just keep kind king kitchen knew know lady land large last late laugh learn least leave
    left leg less let letter life light like line list little live long look lost lot love low
    lunch made make man many market matter may maybe me mean meat meet men might milk mind minute
    miss moment monday money month moon more morning most mother mountain mouth move much music
    must my myself name near need never new news next nice night no nobody north not nothing now
    number of off often oh old on once one only open or order other our out outside over own page
    paint pair paper parents part party pass past pay people perhaps person phone picture piece
    place plan plant play please point police poor possible power pretty price problem put question
    quick quiet quite rain ran reach read ready real really reason red remember rest rich ride
    right river road rock room round run said same sat saw say school sea second see seem sell send
    set seven shall she shirt shoes short should show side simple since sing sister sit six size
    sky sleep slow small snow so some someone something sometimes son song soon sorry sound south
    speak spring stand star start station stay step still stone stood store story street strong
    student such summer sun sure table take talk tall teach tell ten than that the their them then
    there these they thing think this those though thought three through time tired to today
    together told tomorrow tonight too took top town train tree true try turn two under until up us
    use very visit voice wait walk wall want war warm was wash watch water way we weather week
    weekend well went were west what when where which while white who whole why wife will wind
    window winter wish with woman women wonder wood word work world would write wrong year yellow
    yes yesterday yet you young your
    """
}
