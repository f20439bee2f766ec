"""Why a message was or was not answered, in words that a person understands. Pure."""

from collections.abc import Mapping, Sequence

from services.gateway.addressing import features
from services.gateway.addressing.model import JudgingModel
from services.gateway.addressing.rules import Reason

UNKNOWN = "I have seen no message of yours here lately, so there is nothing to explain."

_WORDS: Mapping[Reason, str] = {
    Reason.DIRECT_MESSAGE: "You wrote to me directly, and I answer every direct message.",
    Reason.MENTION: "You mentioned me.",
    Reason.REPLY: "You replied to a message of mine.",
    Reason.NAME: "You called me by my name.",
    Reason.SLASH: "You used one of my commands.",
    Reason.CHANNEL: "In this channel I answer every message.",
    Reason.IGNORED: "The moderators here decided that I don't answer in this channel, or not to you. Commands still work.",
    Reason.EMPTY: "There was nothing in your message that I could read.",
}
_NO_MODEL = "Nobody named me, and here I answer only if somebody does: mention me, reply to me, or start with my name."
_DIGITS_MAX = 4
_REASONS_MAX = 2
# In log-odds. What moves the probability by less explains nothing.
_PULL_MIN = 0.1

# What a group of features says where it raises the probability, and where it lowers it.
_GROUPS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (features.OWN_SIDE, "I had just been talking with you", "I had not been talking with you just before"),
    (features.MINE_SIDE, "what you wrote before was for me", "what you wrote before was not for me"),
    (features.OTHERS_SIDE, "nobody else seemed to be talking with you", "you may have been talking with somebody else"),
    (features.NAME_SIDE, "my name was in it", "somebody else was named"),
    (features.WORD_SIDE, "it was worded like something said to me", "it was not worded like something said to me"),
)


def explain(reason: Reason, probability: float | None, threshold: float | None, values: Sequence[float], model: JudgingModel) -> str:
    """Say what decided. `values` are those of FEATURES by which the model judged, where it was asked."""
    if reason in _WORDS:
        return _WORDS[reason]
    if probability is None or threshold is None:
        return _NO_MODEL
    addressed = reason is Reason.MODEL
    likely, needed = _percent(probability, threshold, addressed=addressed)
    because = _because(values, model, raising=addressed)
    mostly = f", mostly because {because}" if because else ""
    answer = f"{_whom(values)}; it looked {likely} % likely that you meant me{mostly}, and here I answer from {needed} %."
    return answer if addressed else f"{answer} Mention me, and I will answer for sure."


def _whom(values: Sequence[float]) -> str:
    if any(values[_POSITIONS[name]] for name in ("names_person", "names_unknown")):
        return "You called on somebody else"
    return "You named me, but not as whom you talk to" if values[_POSITIONS["names_assistant"]] else "Nobody was named"


def _percent(probability: float, threshold: float, *, addressed: bool) -> tuple[str, str]:
    """Return both in percent, with so many digits that they do not contradict what was decided."""
    for digits in range(_DIGITS_MAX):
        likely, needed = f"{probability * 100:.{digits}f}", f"{threshold * 100:.{digits}f}"
        if (float(likely) >= float(needed)) is addressed:
            break
    return likely, needed


def _because(values: Sequence[float], model: JudgingModel, *, raising: bool) -> str:
    """Say which groups of features pulled most: by how much the log-odds change where a group has its typical values instead."""
    whole = model.log_odds(values)
    pulls = []
    for names, raises, lowers in _GROUPS:
        without = list(values)
        for name in names:
            position = _POSITIONS[name]
            without[position] = model.typical[position]
        pull = whole - model.log_odds(without)
        pulls.append((pull if raising else -pull, raises if raising else lowers))
    strongest = sorted((pull for pull in pulls if pull[0] >= _PULL_MIN), key=lambda pull: -pull[0])
    return " and ".join(words for _, words in strongest[:_REASONS_MAX])


_POSITIONS = {name: position for position, name in enumerate(features.FEATURES)}
