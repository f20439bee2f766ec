"""Ordinary sentences that people say about themselves, made of parts: distinct, of six to twenty-five words, from a seed. Taken from nowhere."""

import random
from collections.abc import Iterator

_PARTS = {
    "person": "my sister|my neighbour Tomas|our landlord|my old teacher|my cousin Ilse|the baker downstairs|my flatmate"
    "|aunt Rosa|my boss|a friend from school"
    "|my grandfather|the girl from the choir|my partner|uncle Pavel|our team lead|my daughter|the new intern|my dentist|a colleague|my brother Yusuf"
    "|the postwoman|Miriam|my godson|our plumber|Dagny from work|the caretaker|my mother-in-law|coach Bello|the librarian|my pen pal|Henrik|our vet"
    "|the widow next door|my physiotherapist|little Noor|the violin maker|my supervisor|Anselm|the couple upstairs|my stepfather",
    "place": "Lisbon|the lake|a village near Graz|the harbour|Kyoto|our garden|the old library|Tromso|the night market|Oaxaca|the station hall|Ghent"
    "|my parents' house|the climbing gym|a cabin in the hills|the farm|Tbilisi|the allotment|the swimming hall"
    "|Valparaiso|the quarry|Bologna|the ferry pier"
    "|a campsite in Brittany|the botanical garden|Tallinn|the roof terrace|Marrakesh|the chapel|a hostel in Porto"
    "|the vineyard|Winnipeg|the skate park"
    "|the courtyard|Galway|the observatory|an island off Croatia|the town archive|Hanoi|the ice rink",
    "thing": "telescope|cargo bike|sewing machine|accordion|greenhouse|film camera|canoe|espresso machine|typewriter|record player|kite|workbench"
    "|chess clock|sourdough starter|weather station|loom|drone|pottery wheel|tandem|terrarium|hammock|lathe"
    "|harmonica|bookshelf|sledge|microscope|barbecue"
    "|mandolin|beehive|tent|projector|rowing boat|globe|soldering iron|stove|piano stool|wetsuit|lantern|unicycle|aquarium",
    "quality": "secondhand|bright green|rather noisy|surprisingly light|half-finished|borrowed|brand new|slightly bent|much too heavy|hand-painted"
    "|wooden|rusty|foldable|inherited|waterproof|crooked|spotless|antique|striped|cheap|broken|tiny|polished|dusty|elegant",
    "deed": "repaired|sold|lost|borrowed|painted|cleaned|rebuilt|photographed|measured|shipped|insured|hid|sketched|auctioned|dismantled|wrapped"
    "|weighed|donated|exchanged|labelled",
    "habit": "go running|bake bread|practise scales|call home|water the tomatoes|write in a diary|play badminton|swim"
    "|study Georgian|sort old postcards"
    "|meet the reading group|cook for everyone|walk the dog|repair bicycles|watch the ferries|do crosswords|knit|volunteer at the shelter|dance tango"
    "|collect mushrooms|lift weights|paint miniatures|sing in a choir|play the lottery|visit flea markets|listen to audiobooks",
    "when": "every Tuesday|on rainy weekends|before breakfast|once a month|after the late shift|in the summer holidays"
    "|on the first Sunday|most evenings"
    "|during lunch breaks|whenever the trains are late|at the end of the term|twice a week|at dawn"
    "|between two meetings|on public holidays|all winter",
    "past": "last spring|in 2019|two years ago|the day before the exam|over Easter|in the week of the storm|when I was nine|last November"
    "|on my thirtieth birthday|during the long strike|a fortnight ago|at the turn of the century|in my gap year|on Wednesday|just after the wedding",
    "food": "lentil soup|plum dumplings|cold noodles|rye bread|mango pickle|baked aubergine|apricot jam|mushroom risotto"
    "|smoked trout|semolina pudding"
    "|fried plantains|buckwheat pancakes|okra stew|goat cheese|beetroot salad|cinnamon rolls|pistachio ice cream|pea curry|walnut pesto|oat biscuits",
    "feeling": "nervous|proud|relieved|a bit jealous|curious|homesick|very calm|tired|delighted|embarrassed|hopeful|restless|grumpy|inspired|lonely",
}
_CHOICES = {name: part.split("|") for name, part in _PARTS.items()}
_CLAUSES = (
    "I {habit} {when}",
    "I {deed} the {quality} {thing} {past}",
    "{person} cannot eat {food}",
    "I felt {feeling} {past}",
    "{person} and I {habit} {when}",
    "the {quality} {thing} in {place} belongs to {person}",
    "I would like a {quality} {thing}",
    "the {thing} came to {place} {past}",
    "{person} taught me the recipe for {food}",
    "my appointment in {place} is at twenty to {number}",
    "I am {feeling} about {place}",
    "there are {number} pictures of {place}",
    "{person} {deed} my {thing}",
    "{person} recommended the {food} at {place}",
    "{past} we met {person} in {place}",
    "nobody told {person} about the {thing}",
    "I pay {number} crowns for the {thing}",
    "I dream of {place} {when}",
    "{person} is {feeling} {when}",
    "the smell of {food} reminds me of {place}",
    "I keep the {thing} for {person}",
    "I never tried {food} before {place}",
    "{person} promised to {habit} with me",
    "our train to {place} leaves at platform {number}",
    "my knees hurt when I {habit}",
    "I won a {thing} {past}",
    "{person} grew up in {place}",
    "the doctor says I should {habit} {when}",
    "I owe {person} {number} euros",
    "I am allergic to {food}",
)
_JOINS = (". ", ", because ", ", although ", ", and ", ", so ", " while ")


def sentences(seed: int, *, clauses_max: int = 2) -> Iterator[str]:
    """Yield distinct sentences without end; the same for the same seed."""
    drawn = random.Random(seed)
    known: set[str] = set()
    while True:
        clauses = [_clause(drawn) for _ in range(drawn.randint(1, clauses_max))]
        made = drawn.choice(_JOINS).join(clauses) + "."
        sentence = made[0].upper() + made[1:]
        if sentence not in known:
            known.add(sentence)
            yield sentence


def _clause(drawn: random.Random) -> str:
    parts = {name: drawn.choice(choices) for name, choices in _CHOICES.items()}
    return drawn.choice(_CLAUSES).format(**parts, number=drawn.randrange(3, 900))
