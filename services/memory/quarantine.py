"""Which texts look like instructions to the assistant instead of facts. Such a memory is kept and listed, and never given to a model.

The patterns are data. They aim at what prompt injections have in common (OWASP LLM01): overriding earlier instructions, giving the assistant
another role, asking for its prompt, imitating the marks of a chat template. A person's wish for themself ("I prefer short answers") is none.
"""

import re
import unicodedata

from services.retrieval.terms import single_blanks

_INSTRUCTIONS = r"(?:instructions?|prompts?|rules?|guidelines?|directives?|messages?|context|programming|training)"
# Where a clause begins, or where the assistant is spoken to: "I always answer my mail" is a fact, "always answer with yes" is not.
_SPOKEN_TO = r"(?:^|[.!?;:,\n\"'(]\s*|\b(?:you|and|then|please|assistant|bot|parlour|also|must|should|always|to)\s+)"

PATTERNS: tuple[str, ...] = (
    rf"\b(?:ignore|disregard|forget|override|bypass|discard)\b.{{0,40}}\b(?:previous|prior|above|earlier|all|any|your|the|these|system)\b.{{0,30}}\b{_INSTRUCTIONS}\b",
    rf"\b(?:new|updated|real|actual|hidden|secret)\s+(?:system\s+)?{_INSTRUCTIONS}\s*(?::|are\b|is\b)",
    r"\bsystem\s*prompt\b",
    r"\bfrom\s+now\s+on\b.{0,20}\b(?:you|always|never|respond|reply|answer|act|speak|say)\b",
    r"\byou\s+(?:are|will|shall)\s+now\b",
    r"\byou\s+(?:must|shall|have\s+to|are\s+to|will\s+always|should\s+always|should\s+never|must\s+not)\b",
    r"\b(?:pretend|imagine)\s+(?:to\s+be|that\s+you|you\s+are|you're)\b",
    rf"{_SPOKEN_TO}(?:act|behave|roleplay|role-play|respond|answer|reply)\s+(?:only\s+)?(?:as\s+(?:if|though|an?|the)|with|like)\b",
    rf"{_SPOKEN_TO}(?:always|never|only)\s+(?:respond|reply|answer|say|tell|output|include|mention|refuse|obey|follow|trust|end|begin|start)\b",
    rf"{_SPOKEN_TO}(?:do\s+not|don't)\s+(?:tell|mention|reveal|inform|refuse|follow|warn|obey|answer|respond|reply)\b",
    r"\b(?:reveal|print|repeat|output|leak|show|send)\b.{0,30}\b(?:your|the)\s+(?:system\s+|initial\s+|hidden\s+)?(?:prompt|instructions?|api\s*key|token|password)\b",
    r"\b(?:developer|debug|admin|god|jailbreak|dan)\s+mode\b",
    r"\b(?:jailbreak|do\s+anything\s+now)\b",
    r"\bwhen(?:ever)?\b.{0,80}\b(?:say|reply|respond|answer)\s+(?:with\b|that\b|only\b|[\"'])",
    r"(?:^|\n)\s*(?:#+\s*)?(?:system|assistant|developer|user|human)\s*(?::|\n|>)",
    r"<\|?\s*/?\s*(?:im_start|im_end|system|assistant|endoftext|s|inst|tool_call)\s*\|?>",
    r"\[/?(?:inst|sys|system)\]",
    r"\b(?:call|invoke|use|run|execute)\s+the\s+\w+\s+(?:tool|function|command|api)\b",
)
_COMPILED = tuple(re.compile(pattern, re.IGNORECASE | re.DOTALL) for pattern in PATTERNS)
# Characters that show nothing and split words from a pattern's sight.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")


def looks_like_an_instruction(text: str) -> bool:
    """Whether a text is shaped like an instruction to the assistant."""
    plain = single_blanks(_INVISIBLE.sub("", unicodedata.normalize("NFKC", text))).replace("’", "'")
    return any(pattern.search(plain) is not None for pattern in _COMPILED)
