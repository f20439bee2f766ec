"""What people are called in a guild: display name, nickname, and the names they had before. Pure."""

from dataclasses import dataclass

FORMER_MAX = 10
NAME_CHARACTERS_MAX = 64
"""Longer than Discord allows (32), shorter than a sentence that somebody would like to have in a prompt."""


@dataclass(frozen=True, slots=True)
class Names:
    """`nickname` is empty where a person has none in the guild; `former` names, newest first, are neither of the two."""

    display_name: str = ""
    nickname: str = ""
    former: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """What the person is called."""
        return self.nickname or self.display_name


def clean_name(name: str) -> str:
    """Return a name on one line, without what cannot be seen, at most NAME_CHARACTERS_MAX characters."""
    visible = "".join(char if char.isprintable() else " " for char in name)
    return " ".join(visible.split())[:NAME_CHARACTERS_MAX].rstrip()


def renamed(names: Names, display_name: str, nickname: str) -> Names:
    """Return the names after a message came with these. At most FORMER_MAX former ones are kept; a name that is taken up again is none of them."""
    display_name, nickname = clean_name(display_name) or names.display_name, clean_name(nickname)
    now = (display_name, nickname)
    former = [name for name in dict.fromkeys((names.nickname, names.display_name, *names.former)) if name and name not in now]
    return Names(display_name, nickname, tuple(former[:FORMER_MAX]))
