"""Which words of a message say what it is about. Pure.

Left out: words that every talk is made of, names, mentions, addresses, code, numbers. Nobody's list knows every language: a word that is missing
here is outweighed as soon as a person comes back to something.
"""

import re
from collections.abc import Iterable

from services.retrieval.terms import STOPWORDS, terms_of, words_of

_LETTERS_MIN = 3
_WORD_CHARACTERS_MAX = 24
_NOISE = re.compile(
    r"```.*?(?:```|\Z)|`[^`\n]*`|<a?:\w+:\d+>|<[@#][!&]?\d+>|\b(?:[a-z][a-z0-9+.-]{1,15}://|www\.)\S+|\S+@\S+|@\w+|\b[\w-]+\.(?:com|org|net|io|dev|gg)\b\S*",
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(r"[^\W\d_]+")

_EVERYDAY = """
    able across actually add again against ago agree along among beside besides beyond despite during onto toward towards upon via versus almost
    alone already alright also although always amazing anybody anymore anyone anything anyway apparently around ask asked asking away awesome
    awful back bad basically bear because become begin believe best better big bit bored boring both break bring call came cannot care case
    certain chance change check choose come coming completely cool could couple course crazy cut dear decide definitely different difficult done
    dont each early easy either else end enough especially even ever every everybody everyone everything everywhere exactly example excellent
    except explain extra fact fair far fast feel feeling felt few figure finally find fine first follow forget found four free full fun funny
    general get getting give given glad goes going gone good goodbye got gotten great guess guy had half hand happen happened happy hard hate hear
    heard hello help here hey hold honest honestly hope hour hours how however huge idea imagine important indeed information instead interesting
    isnt issue its job keep kind knew know known large last late lately later least leave left less let lets like likely list literally little
    live long look looking lose lot lots love low made make making many matter may maybe mean meant meet mention might mind minute minutes moment
    month months more morning most move much must name near need never new next nice night nobody none normal nothing notice number obviously odd
    off often okay old one open opinion opposite other others otherwise outside over own part past pay people perfect perhaps person pick place
    plan please plus point possible prefer pretty probably problem put question questions quick quickly quite rather read ready real really reason
    recommend recently remember reply right room said same saw say saying second see seem seems seen sense sent set several shall short should
    show side simple since single sir small somebody somehow someone something sometimes somewhere soon sorry sort sound sounds start started stay
    still stop story stuff such suggest suppose sure take taken talk talking tell ten than thank thanks that thing things think thinking third
    thought three through time times tip tips today together told tomorrow tonight too took top total totally tried true try trying turn two type
    typical under understand unless until use used using usual usually various wait want wanted wants was watch way week weekend weeks weird well
    went were whatever whether while whole whose why wish within without wonder word words work works worry worse worst would wow write wrong yeah
    year years yep yes yesterday yet lol lmao omg btw idk imo imho tbh thx pls plz gonna wanna gotta kinda haha hahaha hmm huh nah nope yup yay
    ugh
"""
_ELSEWHERE = """
    und oder aber auch nicht kein keine ich mich mir mein meine dich dir dein deine sie ihm ihn ihr uns unser euch wir der die das den dem des ein
    eine einen einem einer ist sind war waren bin bist sein habe hast hat haben hatte kann kannst können könnte muss musst müssen soll sollte will
    willst wollen würde wird werden wurde mit ohne für von vom zum zur bei aus auf über unter nach vor bis durch gegen wie was wer wem wen wann
    wenn dann denn doch noch schon nur mal sehr mehr viel viele gut gibt geht ganz immer wieder hier dort heute gestern morgen jetzt etwas nichts
    alle alles dass weil also bitte danke hallo nein warum wieso welche welcher welches dieser diese dieses mache macht machen les une est sont
    suis était être avoir avez avons ont pas plus moins que qui quoi quel quelle dans sur sous pour par avec sans mais donc car comme tout tous
    toute toutes très bien aussi mon mes ton tes son ses nous vous leur leurs elle elles ils cela cette ces fait faire peut peux veux vais merci
    bonjour salut oui non quand pourquoi comment encore toujours jamais rien chose los las del una uno unos unas con por para como pero más menos
    muy este esta esto estos estas ese esa eso esos esas hay han has soy eres era ser estar estoy está están tengo tiene tienes puede puedo puedes
    quiero quieres hacer hace todo toda todos todas nada algo mucho mucha donde cuando quien porque cómo qué gracias hola también siempre nunca
    ahora mis tus sus nos yo che per gli dei delle della dello degli nel nella sul sulla sono sei siamo essere avere ho hai hanno questo questa
    questi queste quello quella cosa come dove quando perché anche ancora sempre mai tutto tutti tutta molto poco bene grazie ciao mio mia tuo tua
    suo sua più ma não sim uma umas dos nas pelo pela com sem quem onde mas muito bem também isso isto esse essa ele ela eles elas você vocês meu
    minha seu são foi estou tem tenho pode posso quero fazer faz tudo obrigado obrigada olá ainda agora een het van met voor niet maar ook dat dit
    deze wat hoe waar wanneer waarom zijn heb hebt heeft ben bent kan wil moet naar nog wel geen mijn jouw jij hij zij wij ons veel meer heel goed
"""


def _terms(words: Iterable[str]) -> frozenset[str]:
    return frozenset(term for word in words for term in terms_of(word).counts)


_COMMON = frozenset((*_EVERYDAY.split(), *_ELSEWHERE.split())) | _terms(_EVERYDAY.split()) | STOPWORDS


def name_words(names: Iterable[str]) -> frozenset[str]:
    """Return the words and terms that names are made of: they say who, not what about."""
    words = {word for name in names for word in _WORD.findall(name.casefold())}
    return frozenset(words) | _terms(words)


def telling_words(text: str, names: frozenset[str]) -> dict[str, str]:
    """Return the telling terms of a message, each with a word that stands for it; `names` come from `name_words`."""
    found: dict[str, str] = {}
    for word in sorted(words_of(_NOISE.sub(" ", text))):
        plain = word.replace("’", "'").partition("'")[0]
        if plain in _COMMON or plain in names or not _WORD.fullmatch(plain) or len(plain) > _WORD_CHARACTERS_MAX:
            continue
        terms = list(terms_of(plain).counts)
        for term in terms:
            if term in _COMMON or term in names or (len(term) < _LETTERS_MIN and term.isascii()):
                continue
            found.setdefault(term, plain if len(terms) == 1 and not _of_pairs(term, plain) else term)
    return found


def _of_pairs(term: str, word: str) -> bool:
    """Whether a term is a pair of characters of a script without spaces: the pair itself stands for it."""
    return not term.isascii() and len(term) <= 2 < len(word)
