"""What people say who want to be talked to differently: phrases as data, in one place.

A phrase is a pattern for a whole sentence, in lower case (apostrophes may be missing), without marks at its end and without the politeness around it
("hey", "can you", "please", "from now on"), which `preferences` takes off first. `~` in front: it counts only where the message holds nothing else,
because it may as well be about a text ("shorter please"); with `!` behind that only where it is polite, too. `D` stands for how much ("a bit",
"way"), `ANSWERS` for what the assistant writes, `LANG` for the name of a language, `ME` for "to me" or nothing, and so on: see SHORTHANDS.

A comparative is one step (+1, -1); an explicit stop, never or always is the extreme (written "max", "min").
"""

from collections.abc import Mapping

from services.conversation.personas.preference_translations import FRENCH, GERMAN, SPANISH

SHORTHANDS: Mapping[str, str] = {
    "ANSWERS": r"(?:answers?|replies|reply|responses?|messages?|texts?|sentences)",
    "YOUR": r"(?:(?:your|ur)(?: last(?: few)?)?|the|these|those)",
    "YOU_ARE": r"(?:you(?:'re| are)|ur|you sound|you(?:'re| are) being)",
    "ME": r"(?: (?:to|with|for|at) me| me)?",
    "D": r"(?:(?:a (?:bit|little|lot|tad|touch)|a little bit|much|way|far|slightly|even|somewhat|so much|just|all) )?",
    "TOO": r"(?:(?:way|far|a bit|a little|just|much) )?(?:too|so|very)",
    "EMOJIS": r"(?:emojis?|emoticons?|smileys?|smilies)",
    "STOP": r"(?:stop|quit(?: it with)?|cease|no more|enough(?: with| of)?|cut out|drop|lose|ditch|skip)",
    "SAY": r"(?:answer|reply|respond|talk|speak|write|chat|text|communicate)",
}

# Dimension, steps, phrases. English.
_ENGLISH: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "verbosity",
        "-1",
        (
            r"(?:be|get|stay) D(?:more )?(?:brief|briefer|concise|succinct|terse|short|shorter|to the point|crisp)ME",
            r"(?:be|get) D(?:less (?:wordy|verbose|long-winded|chatty|talkative|detailed|elaborate))ME",
            r"SAYME D(?:more )?(?:briefly|concisely|succinctly|shorter|in fewer words|in short sentences|in shorter sentences)",
            r"(?:keep|make) (?:YOUR )?ANSWERSME D(?:more )?(?:short|shorter|brief|briefer|concise|to the point)",
            r"(?:give|send|write)ME D(?:more )?(?:shorter|briefer|more concise|short|brief|concise) ANSWERS",
            r"YOUR ANSWERS (?:are|were|have been|get|got) TOO (?:long|wordy|verbose|detailed|long-winded)(?: .{0,12})?",
            r"YOUR ANSWERS (?:should|could|can|must|need to|have to) be D(?:more )?(?:short|shorter|brief|briefer|concise)",
            r"YOU_ARE TOO (?:wordy|verbose|long-winded|chatty|talkative)",
            r"you (?:talk|write|say|ramble) (?:way |far )?too much",
            r"(?:don't|do not|no need to) (?:be so|be too) (?:wordy|verbose|long-winded|chatty|detailed|talkative)",
            r"(?:don't|do not|no need to) (?:write|say|talk) so much",
            r"(?:(?:don't|do not) ramble|YOU_ARE rambling)(?: so much| on)?",
            r"stop (?:rambling|writing (?:so much|essays|novels|walls of text)|being so (?:wordy|verbose|long-winded|chatty))",
            r"(?:no|don't (?:give|write|send) me) (?:more )?(?:essays|walls of text|novels|long answers|long replies)",
            r"(?:use )?fewer words",
            r"(?:use |write )?less text|(?:way |far )?too much text",
            r"(?:only |just )?D(?:shorter|short|brief|briefer|more concise) ANSWERS(?: only)?",
            r"i(?:'d| would)? (?:like|prefer|want|need|appreciate) D(?:shorter|short|brief|briefer|concise|more concise) ANSWERS",
            r"get to the point(?: faster| quicker| more quickly)?",
            r"~D(?:shorter|briefer|more concise|more succinct|less wordy|less verbose|more to the point)",
            r"~(?:brief|be quick|write less|keep it D(?:short|shorter|brief|briefer)|short and sweet)",
            r"~(?:brief|be quick|write less|keep it D(?:concise|simple and short|short and simple|short and sweet)|short and sweet)",
        ),
    ),
    (
        "verbosity",
        "min",
        (
            r"(?:always )?(?:answer|reply|respond)ME (?:always )?as (?:short|briefly|concisely|shortly) as (?:possible|you can)",
            r"(?:be|keep (?:it|YOUR ANSWERS)) as (?:short|brief|concise) as (?:possible|you can)",
            r"(?:one|1)(?:-| )(?:sentence|word|line|liner) ANSWERS(?: only)?",
            r"(?:always|only) (?:answer|reply|respond)ME (?:with|in|using) (?:just )?(?:one|a single|1) (?:short )?(?:sentence|word|line)",
            r"never (?:write|say|answer(?: with)?|use) more than (?:one|a|1|two|2) (?:short )?sentences?",
        ),
    ),
    (
        "verbosity",
        "+1",
        (
            r"be D(?:more )?(?:detailed|thorough|verbose|elaborate|talkative|chatty|chattier|expansive|wordy|comprehensive)ME",
            r"be D(?:less (?:brief|terse|short|curt|concise))ME",
            r"(?:give|send|write)ME D(?:longer|more detailed|more thorough|fuller|more elaborate|long|detailed|in-depth) ANSWERS",
            r"YOUR ANSWERS (?:are|were|have been) TOO (?:short|brief|terse|curt)",
            r"YOUR ANSWERS (?:should|could|can|must|need to) be D(?:longer|more detailed|more thorough)",
            r"(?:answer|reply|respond|explain things)ME D(?:in more detail|more thoroughly|in greater detail)",
            r"(?:answer|reply|respond|explain things)ME D(?:at greater length|in more depth|more fully)",
            r"(?:elaborate more|(?:give|use)ME more details?|explain more) in YOUR ANSWERS",
            r"go into D(?:more|greater) (?:detail|depth)(?: .{0,20}(?:answer|answers|things))?",
            r"(?:don't|do not|no need to) be so (?:brief|terse|curt|short|concise)ME",
            r"YOU_ARE TOO (?:brief|terse|curt)ME",
            r"you (?:can|could|may) (?:write|say|talk) (?:a bit |a little |a lot )?more",
            r"D(?:longer|more detailed) ANSWERS",
            r"i (?:like|prefer|want|need) D(?:longer|long|detailed|more detailed|in-depth) ANSWERS",
            r"~D(?:longer|more verbose|less terse|less brief)",
        ),
    ),
    (
        "verbosity",
        "max",
        (r"always (?:answer|explain)ME .{0,12}in (?:full|great|as much) detail(?: as (?:possible|you can))?",),
    ),
    (
        "humour",
        "+1",
        (
            r"be D(?:more )?(?:funny|funnier|playful|witty|wittier|silly|sillier|humorous|humourous|goofy|fun)ME",
            r"(?:make|crack|tell|use|add) (?:some )?more jokes(?: .{0,20}(?:answers|replies|messages))?",
            r"joke (?:around )?(?:a bit |a little )?more(?: often)?",
            r"D?more (?:jokes|humou?r)",
            r"(?:use|show|have) (?:a bit |a little )?more humou?r",
            r"(?:don't|do not|no need to|stop being|quit being) (?:be )?so serious(?: all the time)?",
            r"YOU_ARE TOO serious|be D?less serious",
            r"lighten up(?: a bit| a little)?",
            r"have (?:a|some) sense of humou?r",
            r"~(?:add|use) (?:a bit of|a little|a little bit of|some|more) humou?r",
            r"~D(?:funnier|wittier|sillier|more playful|less serious|more fun)",
        ),
    ),
    (
        "humour",
        "-1",
        (
            r"be D(?:more )?seriousME",
            r"be D?less (?:funny|silly|playful|goofy|jokey|humorous)",
            r"(?:make |crack |tell )?(?:fewer|less) jokes",
            r"less (?:joking|humou?r|jokey)(?: around)?",
            r"(?:don't|do not) joke (?:around )?so (?:much|often)",
            r"(?:don't|do not|stop trying to) be so (?:funny|silly|goofy|jokey|playful)",
            r"YOU_ARE TOO (?:silly|goofy|jokey|playful)",
            r"you (?:joke|make jokes) too (?:much|often)",
            r"too many jokes",
            r"take (?:things|this|me) (?:a bit |a little )?more seriously",
            r"~D(?:more serious|less silly|less funny|less playful)",
        ),
    ),
    (
        "humour",
        "min",
        (
            r"stop (?:joking(?: around)?|(?:with )?(?:the|your|all the) jokes|(?:making|telling|cracking) jokes)",
            r"stop (?:being|trying to be) (?:funny|silly)",
            r"(?:no more|enough with the|enough of the|drop the|cut the|skip the) jokes",
            r"(?:don't|do not|never) (?:make|tell|crack) (?:any )?(?:more )?jokes(?: any ?more)?",
            r"(?:don't|do not|never) joke(?: around| with me| any ?more)*",
            r"~no jokes",
        ),
    ),
    (
        "warmth",
        "+1",
        (
            r"be D(?:more )?(?:warm|warmer|friendly|friendlier|kind|kinder|nice|nicer)ME",
            r"be D(?:more )?(?:caring|empathetic|sympathetic|supportive|compassionate|cheerful|encouraging)ME",
            r"be D?less (?:cold|distant|robotic|mean|rude|dry)ME",
            r"(?:don't|do not|no need to|stop being) (?:be )?so (?:cold|distant|robotic|mean|rude|dry|unfriendly|harsh and cold)ME",
            r"YOU_ARE TOO (?:cold|distant|robotic|dry|unfriendly)",
            r"you sound like a (?:robot|machine)|be D?more human",
            r"(?:show|use|have) (?:a bit |a little )?more (?:warmth|empathy|compassion)",
            r"(?:talk|speak)ME D?(?:more )?(?:nicely|kindly|warmly)",
            r"~D(?:warmer|friendlier|nicer|kinder|more friendly|less robotic|less cold)",
        ),
    ),
    (
        "warmth",
        "-1",
        (
            r"be D?less (?:warm|friendly|cheerful|enthusiastic|gushing|gushy|clingy|affectionate|emotional|nice|sweet|bubbly)ME",
            r"be D?(?:more )?(?:matter-of-fact|neutral|distant|businesslike|detached|objective|dry)ME",
            r"(?:don't|do not|no need to|stop being) (?:be )?so (?:warm|friendly|cheerful|enthusiastic|gushing|gushy)ME",
            r"(?:don't|do not|no need to|stop being) (?:be )?so (?:clingy|affectionate|emotional|nice|sweet|bubbly)ME",
            r"YOU_ARE TOO (?:friendly|cheerful|enthusiastic|clingy|affectionate|emotional|nice|sweet|bubbly|gushy)",
            r"tone (?:it )?down the (?:enthusiasm|friendliness|cheerfulness|niceness)",
            r"less (?:enthusiasm|enthusiastic|gushing|bubbly)",
            r"stop (?:gushing|flattering me|the flattery|complimenting me)",
            r"~D(?:less friendly|less cheerful|less enthusiastic|more matter-of-fact|more neutral)",
        ),
    ),
    (
        "directness",
        "+1",
        (
            r"be D(?:more )?(?:direct|blunt|blunter|straightforward|frank|upfront|outspoken|straight)ME",
            r"(?:you can|feel free to) be (?:more )?(?:direct|blunt|frank)ME",
            r"be D?less (?:vague|evasive|diplomatic|tactful|indirect)ME",
            r"(?:don't|do not|no need to) (?:beat around the bush|hedge|tiptoe around)(?: (?:so much|things|it))?",
            r"stop (?:beating around the bush|hedging|being so (?:vague|evasive|diplomatic))",
            r"(?:don't|do not|no need to) be so (?:vague|evasive|diplomatic|indirect|tactful)ME",
            r"YOU_ARE TOO (?:vague|evasive|diplomatic|indirect)",
            r"(?:talk|speak)ME (?:more )?(?:straight|frankly|directly|bluntly)",
            r"~(?:tell|give) it to me straight",
            r"~D(?:blunter|more direct|more blunt|less vague)",
        ),
    ),
    (
        "directness",
        "max",
        (
            r"(?:don't|do not|never|no need to) (?:sugarcoat|sugar-coat|sugar coat)(?: (?:it|things|anything|stuff|your words))?",
            r"stop (?:sugarcoating|sugar-coating|sugar coating)(?: (?:it|things|everything|stuff))?",
            r"(?:be|always be) (?:brutally|completely|totally|absolutely) (?:blunt|direct|frank)ME",
        ),
    ),
    (
        "directness",
        "-1",
        (
            r"be D(?:more )?(?:gentle|gentler|softer|tactful|diplomatic|subtle|considerate)ME",
            r"be D?less (?:direct|blunt|harsh|brutal)ME",
            r"(?:don't|do not|no need to|stop being) (?:be )?so (?:blunt|direct|harsh|brutal|tactless)ME",
            r"YOU_ARE TOO (?:blunt|harsh|direct|tactless)(?: (?:to|with|for) me)?",
            r"go easier on me",
            r"~D(?:gentler|softer|more gentle|less blunt|less direct|less harsh|more tactful)",
        ),
    ),
    (
        "emoji",
        "min",
        (
            r"STOP (?:(?:using|with|sending) )?(?:(?:the|these|those|all|so many) )*EMOJIS(?: any ?more| altogether| completely| already)?",
            r"STOP (?:(?:putting in|writing|adding) )?(?:(?:the|these|those) )*EMOJIS(?: any ?more| altogether| completely| already)?",
            r"STOP (?:(?:putting in|writing|adding) )?(?:(?:all|so many) )*EMOJIS(?: any ?more| altogether| completely| already)?",
            r"STOP (?:(?:using|with|sending) )?(?:(?:all the|all these|your|any) )*EMOJIS(?: any ?more| altogether| completely| already)?",
            r"STOP (?:(?:putting in|writing|adding) )?(?:(?:all the|all these|your|any) )*EMOJIS(?: any ?more| altogether| completely| already)?",
            r"no (?:more )?EMOJIS(?: any ?more| at all)?",
            r"(?:don't|do not|never) (?:ever )?(?:use|send|write) (?:any |the |those |these )?(?:more )?EMOJIS(?: any ?more| again| at all)?",
            r"(?:don't|do not|never) (?:ever )?(?:put|add) (?:any |the |those |these )?(?:more )?EMOJIS(?: any ?more| again| at all)?",
            r"(?:answer|reply|respond|talk|write)ME without (?:any |the )?EMOJIS",
            r"~without (?:any |the )?EMOJIS",
            r"i (?:don't|do not) (?:want|need|like)(?: to see)? (?:any |the |your |these |more )+EMOJIS|i hate (?:the|your|these|all the) EMOJIS",
            r"~(?:i (?:don't|do not) (?:want|like)|i hate) EMOJIS|EMOJIS off",
        ),
    ),
    (
        "emoji",
        "-1",
        (
            r"(?:use |send )?D?(?:fewer|less) EMOJIS",
            r"(?:you use |you're using |there are |that's |way |far )*too many EMOJIS",
            r"(?:don't|do not|no need to) use (?:so many|that many|too many) EMOJIS",
            r"not so many EMOJIS",
            r"(?:cut down|cut back|go easy|go easier|tone it down|ease up|take it easy|hold back) (?:on|with) (?:the |your |all the )*EMOJIS",
            r"tone down the EMOJIS",
        ),
    ),
    (
        "emoji",
        "+1",
        (
            r"(?:use |send |add )?(?:some |a few |D?more )EMOJIS(?: (?:to|in|into|when|with) (?:your |you )?(?:answers|replies|messages))?",
            r"(?:use |send |add )?(?:some |a few |D?more )EMOJIS(?: (?:to|in|into|when|with) (?:your |you )?(?:reply|answer|write))?",
            r"(?:you can|feel free to|you may|please do) use EMOJIS(?: again)?",
            r"use EMOJIS(?: again| more often| more)?",
            r"~!EMOJIS",
            r"i (?:like|love) (?:it )?when you use EMOJIS",
        ),
    ),
    (
        "emoji",
        "max",
        (
            r"(?:use |send )?(?:lots of|loads of|tons of|a lot of|plenty of) EMOJIS",
            r"(?:use )?as many EMOJIS as (?:possible|you (?:like|want|can))",
            r"always use EMOJIS",
        ),
    ),
    (
        "formality",
        "+1",
        (
            r"be D(?:more )?(?:formal|professional|polite|politer|respectful|proper|courteous)ME",
            r"be D?less (?:casual|informal|familiar|chummy|slangy)ME",
            r"(?:SAYME|address me) D(?:more )?(?:formally|professionally|politely|respectfully|properly)",
            r"(?:don't|do not|no need to|stop being) (?:be )?so (?:casual|informal|familiar|chummy)ME",
            r"YOU_ARE TOO (?:casual|informal|familiar|chummy)",
            r"(?:use )?less slang",
            r"(?:stop using|don't use|no more|no) slang",
            r"(?:keep|make) (?:it|YOUR ANSWERS) (?:more )?(?:formal|professional)",
            r"~D(?:more formal|more professional|more polite|less casual|more formally|less informal)",
        ),
    ),
    (
        "formality",
        "-1",
        (
            r"be D(?:more )?(?:casual|informal|relaxed|laid-back|laid back|chill|easygoing|colloquial)ME",
            r"be D?less (?:formal|stiff|polite|stuffy|uptight|professional)ME",
            r"(?:don't|do not|no need to|stop being|you don't (?:have|need) to|quit being) (?:be )?so (?:formal|stiff|polite)ME",
            r"(?:don't|do not|no need to|stop being|you don't (?:have|need) to|quit being) (?:be )?so (?:stuffy|uptight|professional)ME",
            r"YOU_ARE TOO (?:formal|stiff|polite|stuffy|uptight)",
            r"(?:SAYME|address me) D(?:more )?(?:casually|informally|like a (?:friend|human|human being|normal person|buddy|real person))",
            r"(?:drop|cut|skip|forget) the (?:formality|formalities|formal tone|politeness)",
            r"no need for (?:the )?(?:formality|formalities|all (?:the|this) formality)",
            r"loosen up(?: a bit| a little)?",
            r"(?:keep|make) (?:it|YOUR ANSWERS) (?:more )?(?:casual|informal)",
            r"~D(?:more casual|less formal|less stiff|more informal|more relaxed|more casually)",
        ),
    ),
)

PHRASES: tuple[tuple[str, str, tuple[str, ...]], ...] = (*_ENGLISH, *GERMAN, *FRENCH, *SPANISH)

LANGUAGE_PHRASES: tuple[str, ...] = (
    r"(?:only |always )?(?:answer|reply|respond|talk|speak|communicate|chat)ME(?: only| always| just)?(?: in)? LANGME(?: only)?",
    r"(?:always |only )write(?: to)? me in LANG",
    r"switch (?:back )?to LANG",
    r"i(?:'d| would)? (?:want|like) to (?:speak|talk|chat)(?: (?:to|with) you)? in LANG",
    r"(?:let's|lets|we can|shall we) (?:talk|speak|chat|continue|switch)(?: to| in)? LANG(?: now)?",
    r"(?:change|set|switch) (?:the|your) language to LANG",
    r"i(?:'d| would)? (?:rather|prefer|like)(?: (?:to )?(?:talk|speak|chat)| it if you (?:spoke|answered|talked)| answers)(?: in)? LANG",
    r"i(?:'d| would)? prefer you to (?:answer|speak|talk)ME(?: in)? LANG",
    r"YOUR ANSWERS (?:should be|in) (?:in )?LANG",
    r"continue in LANG",
    r"use LANG(?: only| with me)?",
    r"~(?:only|just) (?:in )?LANG",
    r"~in LANG(?: only| instead)?",
    r"~!LANG(?: only)?",
    r"~write (?:to me )?in LANG",
    r"(?:sprich|rede|red|antworte|schreib|schreibe)(?: mir| mit mir)?(?: ab jetzt)?(?: nur| immer)?(?: auf)? LANG(?: mit mir)?",
    r"(?:mit mir )?(?:auf )?LANG (?:mit mir )?(?:antworten|reden|sprechen|schreiben)",
    r"lass uns (?:auf )?LANG (?:reden|sprechen|schreiben|weitermachen)",
    r"~(?:auf|in) LANG",
    r"(?:parle|réponds|écris|parlez|répondez|écrivez)(?:-moi)?(?: en)? LANG",
    r"(?:me )?(?:parler|répondre|écrire)(?: en)? LANG",
    r"(?:habla|háblame|hablame|responde|respóndeme|contesta|contéstame|escribe|escríbeme)(?: conmigo)?(?: en)? LANG",
    r"(?:hablar|hablarme|responder|responderme|contestar|contestarme)(?: en)? LANG",
    r"~en LANG",
)
"""The tag of LANG is set; the bare name of a language counts only with a please."""

OWN_LANGUAGE_PHRASES: tuple[str, ...] = (
    r"(?:answer|reply|respond)ME in (?:my(?: own)? language|(?:the|whatever|the same) language (?:that )?i (?:write|speak)(?: in| to you in)?)",
    r"(?:answer|reply|respond)ME in (?:my(?: own)? language|(?:the|whatever|the same) language (?:that )?i (?:use|am using)(?: in| to you in)?)",
    r"(?:talk|speak|write)ME in (?:my(?: own)? language|(?:the|whatever|the same) language (?:that )?i (?:write|speak)(?: in| to you in)?)",
    r"(?:talk|speak|write)ME in (?:my(?: own)? language|(?:the|whatever|the same) language (?:that )?i (?:use|am using)(?: in| to you in)?)",
    r"(?:antworte|sprich|schreib)(?: mir)? in meiner sprache",
)
"""The assistant answers in the language of the person again, whatever the place says."""

RESET_PHRASES: tuple[str, ...] = (
    r"(?:talk|speak|write|answer|be|act|reply)ME (?:normal|normally|like normal|as usual)(?:ME)?(?: again)?",
    r"(?:go|get|come|switch) back to (?:normal|(?:your|the) (?:normal|usual) (?:self|voice|style|tone|way of (?:talking|speaking|writing)))",
    r"(?:go|get|come|switch) back to (?:normal|(?:your|the) (?:default|regular) (?:self|voice|style|tone|way of (?:talking|speaking|writing)))",
    r"reset (?:your|the) (?:personality|style|tone|voice|persona|way of talking)",
    r"~(?:back to normal|be yourself again)",
    r"(?:rede|red|sprich|schreib|antworte)(?: mit mir| mir)? wieder (?:ganz )?normal(?: mit mir)?",
    r"(?:parle|réponds)(?:-moi)? (?:à nouveau )?normalement",
    r"(?:habla|háblame|responde)(?: otra vez)? (?:normal|normalmente)(?: otra vez| de nuevo)?",
)
"""All that a person asked for on how they are talked to is dropped."""

FILLERS: tuple[str, ...] = (
    r"hey|hi|hello|hallo|ok|okay|kay|alright|hmm+|hm+|well|so|also|and|but|no|nah",
    r"nope|sorry|thanks|thank you|ty|thx|oh|wow|lol|haha+|um+|uh+|dude|man|bro",
    r"please|pls|plz|bitte|danke|merci|gracias|por favor|s'il (?:te|vous) pla[iî]t",
    r"stp|svp|great|cool|nice|perfect|good|yes|yeah|yep|ja|nein|oui|non|sí|si",
    r"actually|honestly|seriously|just|maybe|from now on|in (?:the )?future",
    r"going forward|next time|ab jetzt|von jetzt an|desde ahora|à partir de maintenant",
    r"a favou?r|one thing|listen|look|hör mal|ey|oye|parlour|bot|buddy|friend|mate|too long|that's too long|much better|wait",
)
"""What may stand before a phrase, or alone between commas, and says nothing."""

REQUESTS: tuple[str, ...] = (
    r"(?:would|do) you mind ",
    r"(?:can|could|would|will) you (?:please |pls |maybe |just |try to |perhaps )*",
    r"(?:i'd|i would) (?:really )?(?:like|love|prefer|appreciate)(?: it if)? (?:for )?you (?:to |could |would )?",
    r"(?:can|could|shall|may) we (?:please |maybe |just )*|let's (?:please )?",
    r"i (?:want|need|wish|would like) (?:for )?you (?:to|would|could) ",
    r"(?:it would|it'd|would) be (?:nice|great|good|better|cool) if you (?:could |would |were )?",
    r"you (?:can|could|should|may|might|must|need to|have to|might want to|ought to) (?:also |maybe |please |just |try to |always )*",
    r"(?:try|remember|feel free|be sure|make sure) to (?:please )?",
    r"(?:please|pls|plz|bitte) (?:do )?",
    r"(?:kannst|könntest|würdest) du (?:bitte |mal |vielleicht )*",
    r"(?:ich möchte|ich hätte gern|ich will),? dass du ",
    r"(?:peux-tu|pourrais-tu|pouvez-vous|tu peux|est-ce que tu peux) (?:me )?",
    r"(?:puedes|podrías|quiero que|me gustaría que) (?:por favor )?",
)
"""What makes a request polite; a question counts only where it begins like one."""

ENDINGS: tuple[str, ...] = (
    r"(?:please|pls|plz|bitte|danke|thanks|thank you|ty|thx|merci|gracias|por favor|s'il (?:te|vous) pla[iî]t|stp|svp)",
    r"(?:ok|okay|k|lol|haha+|man|dude|bro|mate)",
    r"(?:from now on|in (?:the )?future|going forward|from here on|next time|every time|all the time|always|again|now|in general|generally|overall)",
    r"(?:when|if|whenever) (?:you(?:'re)? )?(?:answer|answering|talk|talking|reply|replying)(?: (?:to|with) me| me)?",
    r"(?:when|if|whenever) (?:you(?:'re)? )?(?:speak|speaking|write|writing|respond|responding)(?: (?:to|with) me| me)?",
    r"(?:with me|to me|for me|to us|in here|here|around here|if you (?:can|could|don't mind)|would you|will you)",
    r"(?:a bit|a little|a little bit|a lot|so much|that much)",
    r"(?:in (?:your|the|all your) (?:answers|replies|messages|responses|texts))",
    r"(?:ab jetzt|von jetzt an|in zukunft|mal|ja|ruhig|gerne?|à partir de maintenant)",
    r"(?:maintenant|à l'avenir|a partir de ahora|desde ahora|siempre|toujours|immer)",
)
"""What may stand behind a phrase."""

ABILITY_QUESTIONS = (
    r"(?:can|do|could) you (?:also |even |actually )?(?:speak|understand|talk|write) LANG|(?:kannst|sprichst) du (?:auch )?LANG(?: sprechen)?"
)
"""What a language model can do is no wish, where it is asked."""

TASKS = (
    r"\b(?:re-?writ|writ|draft|compos|translat|summari|edit|rephras|paraphras|proofread|shorten|generat|creat|mak|design|describ|explain|tell|give|list|fix|improv|review"
    r"|schreib|übersetz|fass|erklär|écri|traduis|explique|escrib|traduc|explica)"
)
"""A message that asks for a text, or for anything else: there, a wish may be about that."""

LASTING = (
    r"\b(?:from now on|in (?:the )?future|going forward|every time|your (?:answers|replies|responses|messages)|(?:to|with) me|you(?:'re| are)|stop"
    r"|ab jetzt|in zukunft|deine antworten|mit mir|hör auf|désormais|à partir de maintenant|arrête|a partir de ahora|deja de)\b"
)
"""What makes a wish count for the voice all the same."""
