"""How talk begins and ends, in the words of the languages that chats are mostly written in. Pure.

All of the data is here. A cue is a hint and never a proof: "hey" opens a conversation and calls for attention in the middle of one, so a topic needs
more than that to begin while people are talking (see topic_segmentation). A language that is missing here loses the hint only.
"""

import re

READ_CHARACTERS_MAX = 400
"""Of either end of a message: a greeting stands at the beginning, a farewell at the end."""

# At the very beginning of a message.
_GREETINGS = """hey+ hi+ hello hiya howdy yo greetings morning good\\s(?:morning|afternoon|evening) hallo hallöchen moin servus
    guten\\s(?:morgen|tag|abend) grüß\\s(?:dich|euch|gott) salut bonjour bonsoir coucou hola buenas buenos\\sdías olá oi bom\\sdia
    boa\\starde ciao buongiorno buonasera salve hoi goede(?:morgen|middag|navond) hej hei hallå god\\s(?:morgon|morgen|dag|kväll) cześć
    siema witaj witam dzień\\sdobry привет здравствуй(?:те)? добрый\\s(?:день|вечер) доброе\\sутро merhaba selam günaydın ahoj szia"""
# Scripts that are written without blanks, or whose words end where \\b sees no end.
_UNSPACED_GREETINGS = "こんにちは おはよう こんばんは 你好 您好 大家好 早上好 안녕 여보세요 مرحبا السلام नमस्ते สวัสดี"

# People who meet again say so, wherever in the message.
_MEETING_AGAIN = """long\\stime,?\\sno since\\s(?:we|our)\\slast since\\s(?:the|our)\\slast\\s(?:chat|talk|time) since\\swe\\s(?:talked|spoke|chatted)
    how\\shave\\syou\\sbeen how've\\syou\\sbeen how(?:'s|\\sis)\\sit\\sgoing
    (?:good|great|nice)\\sto\\s(?:see|hear\\sfrom|chat\\swith|talk\\sto)\\syou been\\sa\\swhile wie\\sgeht(?:'s|\\ses)
    lange\\snicht\\sgesehen comment\\sça\\sva ça\\sfait\\slongtemps qué\\stal cuánto\\stiempo tudo\\sbem quanto\\stempo come\\sstai
    da\\squanto\\stempo hoe\\sgaat\\shet hur\\smår\\sdu co\\su\\sciebie как\\sдела давно\\sне\\sвиделись nasılsın"""
_UNSPACED_MEETING_AGAIN = "久しぶり お久しぶり 好久不见 好久不見 오랜만"

_FAREWELLS = """bye goodbye bye\\sbye good\\s?night gn see\\s(?:you|ya|u) cya talk\\s(?:to\\syou\\s)?(?:soon|later) ttyl take\\scare catch\\syou
    gotta\\sgo have\\s(?:fun|a\\s(?:good|great|nice|lovely)\\s(?:one|day|evening|night|weekend|time)) tschüss?i? ciao
    bis\\s(?:bald|später|morgen|dann) gute\\snacht mach(?:'s|s)?\\sgut au\\srevoir à\\s(?:bientôt|plus|demain)
    bonne\\s(?:nuit|soirée|journée) adiós hasta\\s(?:luego|mañana|pronto) buenas\\snoches nos\\svemos tchau até\\s(?:logo|amanhã)
    boa\\snoite a\\spresto a\\sdomani ci\\svediamo arrivederci buonanotte doei tot\\s(?:ziens|morgen) hej\\sdå vi\\sses do\\szobaczenia
    dobranoc пока до\\sсвидания до\\sзавтра спокойной\\sночи görüşürüz iyi\\sgeceler"""
_UNSPACED_FAREWELLS = "またね おやすみ さようなら 再见 再見 晚安 拜拜 안녕히"


def _words(listed: str) -> str:
    return "|".join(listed.split())


_OPENS = re.compile(
    rf"^[^\w]{{0,20}}(?:(?:{_words(_GREETINGS)})(?!\w)|{_words(_UNSPACED_GREETINGS)})"
    rf"|(?<!\w)(?:{_words(_MEETING_AGAIN)})(?!\w)|{_words(_UNSPACED_MEETING_AGAIN)}",
    re.IGNORECASE,
)
_LEAVES = re.compile(rf"(?<!\w)(?:{_words(_FAREWELLS)})(?!\w)|{_words(_UNSPACED_FAREWELLS)}", re.IGNORECASE)


def opens_talk(text: str) -> bool:
    """Whether a message greets, or says that people meet again."""
    return _OPENS.search(_levelled(text[:READ_CHARACTERS_MAX])) is not None


def takes_leave(text: str) -> bool:
    """Whether a message says goodbye."""
    return _LEAVES.search(_levelled(text[-READ_CHARACTERS_MAX:])) is not None


def _levelled(text: str) -> str:
    return " ".join(text.replace("’", "'").split())
