"""Marks that structure a prompt, and what people write that looks like them. Pure.

Blocks of a prompt stand between marks of ours; a model's own chat template has others. Neither may be written by people: what is shown to a model has
them made harmless (`without_marks`), and what is stored to shape every prompt (instructions, rules) is refused where it holds one (`foreign_mark`).
"""

import re
import unicodedata

BLOCKS = (
    *("instructions", "rules", "relationship", "summaries", "summary"),
    *("memories", "memory", "earlier", "message", "replied_to", "thread_starter", "text_file", "images", "image"),
)
"""The names of our marks, as in <memories> and </memories>."""

_OWN = re.compile(rf"<\s*/?\s*(?:{'|'.join(BLOCKS)})\b", re.IGNORECASE)
# Tokens of chat templates (ChatML, Llama 2 and 3, Mistral, Gemma, Phi, DeepSeek): a server may read them as such wherever they stand.
_TEMPLATE = re.compile(r"<\s*[|｜][^<>\n]{1,40}[|｜]\s*>|</?(?:s|start_of_turn|end_of_turn|bos|eos|think)>|\[/?INST\]|<</?SYS>>", re.IGNORECASE)
# A line that claims to be somebody's turn: "system:", "### Instruction:", "**Assistant**:".
_ROLE = re.compile(
    r"^[ \t>#*_\-\[(<]*(?:system|assistant|user|developer|human|instruction|response)[ \t*_\])>]*(?:prompt|message)?[ \t]*[:：]",
    re.IGNORECASE | re.MULTILINE,
)


def without_marks(text: str) -> str:
    """Return the text with everything that looks like a mark made harmless, ours or a chat template's, so that it cannot leave its block.

    A server that applies the template (llama.cpp's does) reads its marks as such in whatever somebody wrote.
    """
    if "<" not in text and "[" not in text:
        return text
    return _TEMPLATE.sub(_harmless, _OWN.sub(_harmless, text))


def _harmless(found: re.Match[str]) -> str:
    mark = found.group()
    return ("‹" if mark.startswith("<") else "［") + mark[1:]


def foreign_mark(text: str) -> str:
    """Return what in a text would leave its block: a mark of ours, a token of a chat template, or a line headed like a role; empty: nothing does.

    Compatibility forms and invisible characters are seen through: "＜/rules＞" is a mark, too.
    """
    plain = "".join(character for character in unicodedata.normalize("NFKC", text) if unicodedata.category(character) != "Cf")
    for pattern in (_OWN, _TEMPLATE, _ROLE):
        if found := pattern.search(plain):
            return found.group().strip()
    return ""
