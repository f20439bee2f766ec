"""The commonest wishes on how to be talked to in German, French and Spanish, written as `preference_phrases` writes those in English. Data."""

GERMAN: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "verbosity",
        "-1",
        (
            r"(?:sei|antworte|schreib|schreibe|rede)(?: mir)? (?:etwas |ein bisschen |viel )?(?:kürzer|knapper|kurz und knapp|kurz)",
            r"dich (?:etwas |ein bisschen )?(?:kurz|kürzer) fassen",
            r"fass dich (?:etwas |ein bisschen )?(?:kurz|kürzer)",
            r"(?:gib mir )?(?:bitte )?kürzere antworten",
            r"deine (?:antworten|nachrichten) sind (?:viel )?(?:zu|so) lang",
            r"(?:schreib|schreibe|rede|sag) nicht so viel",
            r"du (?:schreibst|redest) zu viel",
            r"~(?:etwas |ein bisschen |viel )?(?:kürzer|knapper|weniger text|nicht so lang|nicht so ausführlich)",
        ),
    ),
    (
        "verbosity",
        "+1",
        (
            r"(?:sei|antworte|schreib|schreibe)(?: mir)? (?:etwas |ein bisschen |viel )?(?:ausführlicher|länger|genauer)",
            r"deine (?:antworten|nachrichten) sind (?:viel )?(?:zu|so) kurz",
            r"(?:gib mir )?(?:längere|ausführlichere) antworten",
            r"~(?:etwas |ein bisschen )?(?:ausführlicher|länger)",
        ),
    ),
    ("humour", "+1", (r"sei (?:etwas |ein bisschen |mal )?(?:lustiger|witziger|weniger ernst|nicht so ernst)", r"mehr witze")),
    ("humour", "-1", (r"sei (?:etwas |ein bisschen |mal )?(?:ernster|weniger lustig|nicht so albern)", r"(?:mach )?weniger witze")),
    ("humour", "min", (r"(?:mach )?keine witze(?: mehr)?", r"hör auf (?:mit den witzen|witze zu machen)")),
    (
        "warmth",
        "+1",
        (r"sei (?:etwas |ein bisschen |mal )?(?:freundlicher|netter|herzlicher|lieber zu mir|nicht so (?:kalt|unfreundlich|abweisend))(?: zu mir)?",),
    ),
    ("warmth", "-1", (r"sei (?:etwas |ein bisschen )?(?:sachlicher|nüchterner|nicht so (?:überschwänglich|begeistert))",)),
    (
        "directness",
        "+1",
        (
            r"sei (?:etwas |ein bisschen |mal )?(?:direkter|offener|unverblümter)(?: zu mir| mit mir)?",
            r"red(?:e)? nicht um den heißen brei(?: herum)?",
        ),
    ),
    (
        "directness",
        "-1",
        (r"sei (?:etwas |ein bisschen )?(?:behutsamer|sanfter|taktvoller|weniger direkt|nicht so (?:direkt|hart|schroff))(?: zu mir)?",),
    ),
    (
        "emoji",
        "min",
        (
            r"(?:benutze?|verwende|nutze?|schick)? ?keine EMOJIS(?: mehr)?(?: benutzen| verwenden)?",
            r"hör auf (?:mit (?:den|diesen) EMOJIS|EMOJIS zu (?:benutzen|verwenden))",
            r"lass (?:bitte )?(?:die|diese) EMOJIS (?:weg|sein)",
            r"~ohne EMOJIS",
        ),
    ),
    ("emoji", "-1", (r"(?:benutze?|verwende|nutze?)? ?(?:weniger|nicht so viele) EMOJIS", r"(?:das sind |du benutzt )?(?:viel )?zu viele EMOJIS")),
    ("emoji", "+1", (r"(?:benutze?|verwende|nutze?)? ?(?:ruhig )?(?:mehr|ein paar) EMOJIS",)),
    (
        "formality",
        "+1",
        (
            r"sei (?:etwas |ein bisschen )?(?:förmlicher|formeller|höflicher|professioneller)(?: zu mir)?",
            r"siez(?:e|en sie)? mich",
            r"~(?:etwas )?(?:förmlicher|formeller)",
        ),
    ),
    (
        "formality",
        "-1",
        (
            r"sei (?:etwas |ein bisschen |mal )?(?:lockerer|entspannter|(?:nicht so|weniger) (?:förmlich|formell|steif|höflich))",
            r"(?:du kannst|du darfst) mich (?:ruhig |gerne )?duzen",
            r"duz(?:e)? mich",
            r"~(?:etwas )?(?:lockerer|nicht so förmlich|nicht so steif)",
        ),
    ),
)

FRENCH: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "verbosity",
        "-1",
        (
            r"(?:sois|soyez) (?:un peu )?(?:plus )?(?:bref|brève|concis|concise|court)",
            r"(?:réponds|répondez)(?:-moi)? (?:un peu )?(?:plus )?(?:brièvement|court)",
            r"(?:fais )?(?:des )?réponses (?:un peu )?plus courtes",
            r"(?:tes|vos) (?:réponses|messages) sont trop (?:longues|longs)",
            r"~(?:un peu )?plus (?:court|bref|concis)",
        ),
    ),
    (
        "verbosity",
        "+1",
        (r"(?:sois|soyez) (?:un peu )?plus (?:détaillé|détaillée|précis)", r"(?:tes|vos) réponses sont trop courtes", r"~(?:un peu )?plus long"),
    ),
    ("humour", "+1", (r"(?:sois|soyez) (?:un peu )?(?:plus )?(?:drôle|marrant)",)),
    ("humour", "-1", (r"(?:sois|soyez) (?:un peu )?(?:plus )?(?:sérieux|sérieuse)",)),
    ("warmth", "+1", (r"(?:sois|soyez) (?:un peu )?plus (?:gentil|gentille|chaleureux|chaleureuse|sympa)(?: avec moi)?",)),
    ("directness", "+1", (r"(?:sois|soyez) (?:un peu )?plus (?:direct|directe|franc|franche)",)),
    (
        "emoji",
        "min",
        (
            r"(?:arrête|arrêtez)(?: avec)? (?:les|tes|ces|d'utiliser des|d'utiliser les) (?:emojis?|émojis?)",
            r"(?:pas d'|sans |n'utilise pas d'|n'utilise plus d')(?:emojis?|émojis?)",
        ),
    ),
    ("emoji", "-1", (r"(?:utilise )?moins d'(?:emojis?|émojis?)", r"trop d'(?:emojis?|émojis?)")),
    ("formality", "+1", (r"(?:sois|soyez) (?:un peu )?plus (?:formel|formelle|poli|polie)", r"(?:vouvoie|vouvoyez)-moi")),
    (
        "formality",
        "-1",
        (
            r"(?:sois|soyez) (?:un peu )?(?:moins (?:formel|formelle)|plus (?:décontracté|cool))",
            r"(?:tutoie|tutoyez)-moi",
            r"(?:tu peux|on peut) me tutoyer",
        ),
    ),
)

SPANISH: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "verbosity",
        "-1",
        (
            r"(?:sé|se|sea) (?:un poco )?(?:más )?(?:breve|conciso|concisa)",
            r"(?:responde|contesta|respóndeme)(?: de forma)? (?:un poco )?más (?:corto|breve|brevemente)",
            r"(?:da )?respuestas más (?:cortas|breves)",
            r"tus respuestas son (?:muy|demasiado) largas",
            r"~(?:un poco )?más (?:corto|breve|conciso)",
        ),
    ),
    (
        "verbosity",
        "+1",
        (
            r"(?:sé|se) (?:un poco )?más detallado",
            r"tus respuestas son (?:muy|demasiado) cortas",
            r"respuestas más largas",
            r"~(?:un poco )?más largo",
        ),
    ),
    ("humour", "+1", (r"(?:sé|se) (?:un poco )?más (?:gracioso|graciosa|divertido|divertida)",)),
    ("humour", "-1", (r"(?:sé|se) (?:un poco )?más (?:serio|seria)",)),
    ("warmth", "+1", (r"(?:sé|se) (?:un poco )?más (?:amable|cariñoso|simpático)(?: conmigo)?",)),
    (
        "directness",
        "+1",
        (
            r"(?:sé|se) (?:un poco )?más (?:directo|directa|franco)",
            r"~(?:un poco )?más directo",
        ),
    ),
    (
        "emoji",
        "min",
        (r"(?:deja de usar|no uses|no uses más|ya no uses|basta de) (?:los )?emojis", r"(?:sin|no más) emojis"),
    ),
    ("emoji", "-1", (r"(?:usa )?menos emojis", r"demasiados emojis")),
    ("emoji", "+1", (r"(?:usa )?más emojis",)),
    ("formality", "+1", (r"(?:sé|se|habla) (?:un poco )?más (?:formal|educado|formalmente)", r"trátame de usted", r"~(?:un poco )?más formal")),
    ("formality", "-1", (r"(?:sé|se|habla) (?:un poco )?(?:más informal|menos formal)", r"(?:tutéame|trátame de tú|puedes tutearme)")),
)
