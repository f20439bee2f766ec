import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.gateway.discord.replies import FENCE, LIMIT, split_for_discord, with_notices

WORDS = st.text(alphabet="abcdefgh .,!?-*1234567890\u0301👩🏽‍🚀\n", max_size=120)
# No tick is followed by a letter but z: what follows an opening fence would be its language, and is repeated where the block is broken.
PARTS = st.one_of(
    WORDS,
    st.just("\n\n"),
    st.sampled_from(["- item {}\n", "1. item {}\n", "* item with `code` {}\n", "  indented line {}\n"]),
    st.sampled_from([f"{FENCE} ", "```zz\n", "\n```\n", "```` ", "`` ", "` "]),
    st.sampled_from(["| a | b |\n|---|---|\n", "| x | y |\n", "|\n", "[", "](", ")", "[a. b](http://x.y/(z)) ", "[a](", '[a](b "c d")']),
    st.integers(1, 3000).map(lambda size: "x" * size),
    st.integers(1, 400).map(lambda size: "word " * size),
    st.integers(1, 60).map(lambda size: "line of code\n" * size),
    st.integers(1, 3000).map(lambda size: "`" * size + " "),
)
TEXTS = st.lists(PARTS, max_size=30).map("".join)
LIMITS = st.sampled_from([100, 137, 500, LIMIT])


def without_marks(text: str) -> str:
    """What must survive: all but white space and the fences that splitting adds (their language is zz, which nothing else contains)."""
    return re.sub(r"\s|`|zz", "", text)


@given(TEXTS, LIMITS)
def test_every_message_is_within_the_limit_and_none_is_blank(text: str, limit: int) -> None:
    assert all(0 < len(page) <= limit and page.strip() for page in split_for_discord(text, limit=limit))


@given(TEXTS, LIMITS)
@example("```zz\n" + "a" * 5000, 100)
@example("a\n" * 3000 + FENCE, 500)
def test_nothing_is_lost_and_nothing_changes_places(text: str, limit: int) -> None:
    assert without_marks("".join(split_for_discord(text, limit=limit))) == without_marks(text)


@given(TEXTS, LIMITS)
def test_code_fences_are_balanced_in_each_message(text: str, limit: int) -> None:
    assert all(page.count(FENCE) % 2 == 0 for page in split_for_discord(text, limit=limit))


@given(st.lists(st.text(alphabet="abc de", min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=12), TEXTS)
def test_a_list_that_fits_into_a_message_is_never_broken(items: list[str], before: str) -> None:
    block = "\n".join(f"- {item.strip()}" for item in items)
    pages = split_for_discord(f"{before.replace(FENCE, '')}\n\nText.\n\n{block}\n\nMore text.\n" + "after " * 300)
    assert any(block in page for page in pages)


@given(st.lists(st.text(alphabet="abc =()", max_size=60), min_size=1, max_size=25), st.integers(0, 3000))
def test_a_code_block_that_fits_into_a_message_is_never_broken(lines: list[str], before: int) -> None:
    block = f"```python\n{'\n'.join(lines)}\n```"
    assert any(block in page for page in split_for_discord("word " * (before // 5) + "\n" + block + "\nafter"))


@given(st.lists(st.text(alphabet="abc de", max_size=40), min_size=1, max_size=30), st.integers(0, 2500))
def test_a_table_that_fits_into_a_message_is_never_broken(cells: list[str], before: int) -> None:
    table = "\n".join(["| what | why |", "|------|-----|", *(f"| {cell.strip()} | {len(cell)} |" for cell in cells)])
    assert any(table in page for page in split_for_discord("word " * (before // 5) + f"\n\n{table}\n\nafter"))


MARKED_PARTS = st.one_of(
    PARTS,
    st.sampled_from(["||", " ||", "||a", "a||", "|| ", "\n||\n", "|", "`||`", "`a||b` ", "> ", "\n> a ", "\n>>> a ", "\n> ||a ", "\\||", "\n"]),
)
MARKED_TEXTS = st.lists(MARKED_PARTS, max_size=30).map("".join)


@given(MARKED_TEXTS, LIMITS)
def test_with_marks_that_are_carried_over_the_laws_hold_too(text: str, limit: int) -> None:
    pages = split_for_discord(text, limit=limit)
    assert all(0 < len(page) <= limit and page.strip() and page.count(FENCE) % 2 == 0 for page in pages)
    assert re.sub(r"[|>]", "", without_marks("".join(pages))) == re.sub(r"[|>]", "", without_marks(text))
    with_print = with_notices(text, ["Stopped."])
    assert all(0 < len(page) <= limit for page in split_for_discord(with_print, limit=limit))


SPOKEN = st.one_of(
    st.lists(st.sampled_from(["a", "word", "end.", "a sentence, longer. ", "\n", "\n\n", "x" * 90]), min_size=1, max_size=60).map(" ".join),
    st.integers(1, 3000).map(lambda size: "z" * size),
).filter(str.strip)
SPOKEN_PARTS = st.lists(st.tuples(st.sampled_from(["plain", "hidden", "code", "own_lines"]), SPOKEN), min_size=1, max_size=8)
SPOILER = re.compile(r"\|\|([\s\S]+?)\|\|")


def spoken(parts: list[tuple[str, str]]) -> str:
    forms = {"plain": "{}", "hidden": "||{}||", "code": "`a||b` {}", "own_lines": "\n||\n{}\n||\n"}
    return " ".join(forms[kind].format(said.strip()) for kind, said in parts)


def hidden(pages: list[str]) -> str:
    return "".join("".join(SPOILER.findall(without_code(page))) for page in pages)


def without_code(page: str) -> str:
    return page.replace("`a||b`", "")


def bare(text: str) -> str:
    return re.sub(r"[\s|]", "", text)


@given(SPOKEN_PARTS, LIMITS)
def test_what_is_hidden_stays_hidden_over_messages_and_nothing_else_is(parts: list[tuple[str, str]], limit: int) -> None:
    text = spoken(parts)
    pages = split_for_discord(text, limit=limit)
    assert bare(hidden(pages)) == bare("".join(said for kind, said in parts if kind in ("hidden", "own_lines")))
    assert bare("".join(pages)) == bare(text)


@given(SPOKEN_PARTS, st.integers(0, 5000), st.sampled_from([100, LIMIT]))
def test_what_grows_shows_nothing_that_will_be_hidden(parts: list[tuple[str, str]], shown: int, limit: int) -> None:
    parts = [(kind, re.sub(r"[a-z]", "h", said) if kind in ("hidden", "own_lines") else said) for kind, said in parts]
    pages = split_for_discord(spoken(parts)[:shown], limit=limit)
    assert "h" not in "".join(SPOILER.sub("", without_code(page)) for page in pages)


@given(st.lists(st.tuples(st.booleans(), SPOKEN), min_size=1, max_size=6), LIMITS)
def test_what_is_quoted_stays_quoted_over_messages(parts: list[tuple[bool, str]], limit: int) -> None:
    lines = [(quoted, " ".join(said.split())) for quoted, said in parts]
    pages = split_for_discord("\n".join(f"> {said}" if quoted else said for quoted, said in lines), limit=limit)
    shown = [line.removeprefix("> ") for page in pages for line in page.splitlines() if line.startswith("> ")]
    assert bare("".join(shown)) == bare("".join(said for quoted, said in lines if quoted))


@given(SPOKEN, SPOKEN_PARTS, LIMITS)
def test_a_quote_of_all_that_follows_goes_on_over_messages(before: str, parts: list[tuple[str, str]], limit: int) -> None:
    rest = spoken(parts).strip()
    pages = split_for_discord(f"{before.strip()}\n>>> {rest}", limit=limit)
    quoted = [found.group(1) for page in pages if (found := re.search(r"^>>> ([\s\S]*)", page, re.MULTILINE))]
    assert bare("".join(quoted)) == bare(rest)


LINK_TEXTS = st.text(alphabet="abc. ?!,", min_size=1, max_size=80)
ADDRESSES = st.builds(
    lambda path, tail: f"https://example.org/{path}{tail}", st.text("abcdef%-_~", max_size=120), st.sampled_from(["", "_(place)", "(a)b"])
)
LINKS = st.builds(lambda text, address, title: f"[{text}]({address}{title})", LINK_TEXTS, ADDRESSES, st.sampled_from(["", ' "a title"']))


@given(st.lists(st.tuples(LINKS, st.integers(0, 700)), min_size=1, max_size=12))
def test_a_link_is_never_broken(links: list[tuple[str, int]]) -> None:
    text = " ".join(f"{'word ' * (size // 5)}{link}." for link, size in links)
    pages = split_for_discord(text)
    assert all(any(link in page for page in pages) for link, _ in links)


@pytest.mark.parametrize("text", ["[" * 50_000, "[a](" * 20_000, "[" + "a" * 50_000 + "](", "|" * 50_000, "| a\n" * 20_000, "[a](" + "(" * 30_000])
def test_texts_that_look_like_links_and_tables_end_in_time(text: str) -> None:
    begun_s = time.process_time()
    pages = split_for_discord(text)
    assert time.process_time() - begun_s < 2.0
    assert "".join("".join(pages).split()) == "".join(text.split())


def test_a_long_table_is_broken_between_rows() -> None:
    rows = [f"| row {number} | {'x' * 20} |" for number in range(30)]
    pages = split_for_discord("\n".join(rows), limit=200)
    assert [row for page in pages for row in page.splitlines()] == rows


def test_a_short_text_is_one_message_as_it_is() -> None:
    assert split_for_discord("Hello\n\n- one\n- two") == ["Hello\n\n- one\n- two"]


@pytest.mark.parametrize("text", ["", " ", "\n\n\t\n"])
def test_a_blank_text_is_no_message(text: str) -> None:
    assert split_for_discord(text) == []


def test_an_unclosed_code_block_is_closed() -> None:
    assert split_for_discord("Look:\n```python\nx = 1") == ["Look:\n```python\nx = 1\n```"]


def test_a_long_code_block_is_broken_between_lines_and_keeps_its_language() -> None:
    lines = [f"line_{number} = {number}" for number in range(40)]
    pages = split_for_discord("```python\n" + "\n".join(lines) + "\n```", limit=300)
    assert len(pages) > 1
    assert all(page.startswith("```python\n") and page.endswith("\n```") for page in pages)
    assert [line for page in pages for line in page.splitlines()[1:-1]] == lines


def test_a_long_list_is_broken_between_items() -> None:
    items = [f"- item {number}\n  with a second line" for number in range(30)]
    pages = split_for_discord("\n".join(items), limit=200)
    assert all(page.startswith("- item") and page.endswith("second line") for page in pages)


def test_prose_breaks_at_paragraphs_then_sentences_then_words() -> None:
    assert split_for_discord("a" * 60 + "\n\n" + "b" * 60, limit=100) == ["a" * 60, "b" * 60]
    assert split_for_discord("First one is here. " * 10, limit=100)[0].endswith("here.")
    assert split_for_discord("word " * 30, limit=100)[0].endswith("word")


def test_a_letter_keeps_its_accent_where_a_word_must_be_cut() -> None:
    pages = split_for_discord("e\u0301" * 120 + "", limit=101)
    assert all(not page.startswith("\u0301") for page in pages)


@pytest.mark.parametrize("sign", ["🇫🇷", "👍🏽", "👨‍👩‍👧‍👦", "🏴\U000e0067\U000e0062\U000e007f", "e\u0301"])
@pytest.mark.parametrize("before", ["", "x", "xx", "xxx"])
def test_a_sign_of_several_characters_stays_whole_where_a_word_must_be_cut(sign: str, before: str) -> None:
    pages = split_for_discord(before + sign * 1500)
    assert len(pages) > 1
    assert all(page.removeprefix(before) == sign * page.count(sign) for page in pages)


def test_a_spoiler_that_is_not_finished_is_closed() -> None:
    assert split_for_discord("The twist: ||Snape killed") == ["The twist: ||Snape killed||"]
    assert split_for_discord("The twist: ||") == ["The twist: ||"]
    assert split_for_discord("Use a || b here") == ["Use a || b here"]


def test_small_print_stands_outside_of_what_is_not_finished() -> None:
    assert with_notices("||Snape", ["Stopped."]) == "||Snape||\n\n-# Stopped."
    assert with_notices("```py\nx = 1", ["Stopped."]) == "```py\nx = 1\n```\n\n-# Stopped."


def test_a_long_spoiler_in_a_quote_is_hidden_and_quoted_in_each_message() -> None:
    pages = split_for_discord(f"> ||{'secret words. ' * 40}||", limit=200)
    assert len(pages) > 2
    assert all(page.startswith("> ||") and page.endswith("||") and page.count("||") == 2 for page in pages)


@pytest.mark.parametrize(
    "text", ["||" * 30_000, "||a " * 20_000, "||a||" * 15_000, "`` ` || " * 5000, "> " * 30_000, "\n>>> a ||b" * 5000, "||\n" * 30_000]
)
def test_texts_of_marks_end_in_time(text: str) -> None:
    begun_s = time.process_time()
    assert all(len(page) <= LIMIT for page in split_for_discord(with_notices(text, ["Stopped."])))
    assert time.process_time() - begun_s < 2.0


def test_two_thousand_combining_marks_end_in_time() -> None:
    assert sum(len(page) for page in split_for_discord("a" + "\u0301" * 5000)) == 5001


def test_a_limit_too_small_for_a_code_block_is_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        split_for_discord("x", limit=10)


def test_notices_are_small_print_under_the_answer() -> None:
    assert with_notices("Hello", ["One.\nTwo.", "Three."]) == "Hello\n\n-# One.\n-# Two.\n-# Three."
    assert with_notices("", ["Sorry."]) == "-# Sorry."
    assert with_notices("Hello", []) == "Hello"
