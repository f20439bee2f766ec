"""How languages are called. Data, and one look-up in it."""

from collections.abc import Mapping

LANGUAGES: Mapping[str, str] = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sv": "Swedish",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}
"""English names of languages by their BCP 47 tags; others are named by their tag."""

SPOKEN_NAMES: Mapping[str, str] = {
    "ar": "arabic|arabisch|arabe|árabe",
    "bg": "bulgarian|bulgarisch",
    "cs": "czech|tschechisch|tchèque|checo",
    "da": "danish|dänisch|danois|danés",
    "de": "german|deutsch|allemand|alemán|aleman|tedesco|duits",
    "el": "greek|griechisch|grec|griego",
    "en": "english|englisch|anglais|inglés|ingles|inglese|engels",
    "es": "spanish|spanisch|espagnol|español|espanol|castellano|spagnolo|spaans",
    "fi": "finnish|finnisch|finnois|finlandés",
    "fr": "french|französisch|franzoesisch|français|francais|francés|frances|francese|frans",
    "he": "hebrew|hebräisch|hébreu|hebreo",
    "hi": "hindi",
    "hr": "croatian|kroatisch|croate|croata",
    "hu": "hungarian|ungarisch|hongrois|húngaro",
    "id": "indonesian|indonesisch|indonésien",
    "it": "italian|italienisch|italien|italiano",
    "ja": "japanese|japanisch|japonais|japonés",
    "ko": "korean|koreanisch|coréen|coreano",
    "nl": "dutch|niederländisch|holländisch|néerlandais|holandés|neerlandés|nederlands",
    "no": "norwegian|norwegisch|norvégien|noruego",
    "pl": "polish|polnisch|polonais|polaco",
    "pt": "portuguese|portugiesisch|portugais|portugués|português",
    "ro": "romanian|rumänisch|roumain|rumano",
    "ru": "russian|russisch|russe|ruso",
    "sv": "swedish|schwedisch|suédois|sueco",
    "th": "thai|thailändisch",
    "tr": "turkish|türkisch|turc|turco",
    "uk": "ukrainian|ukrainisch|ukrainien|ucraniano",
    "vi": "vietnamese|vietnamesisch|vietnamien",
    "zh": "chinese|mandarin|chinesisch|chinois|chino",
}
"""What people call languages in English, German, French and Spanish, by their BCP 47 tags; in lower case, as alternatives of a pattern."""


def language_name(tag: str) -> str:
    """Return the English name of a language, its tag where we know none."""
    return LANGUAGES.get(tag.split("-")[0].lower(), tag) if tag else "the language you write in"
