from hypothesis import given
from hypothesis import strategies as st

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.answer_pages import CUT_SHORT, FILES_LEFT_OUT, IN_FILE, AnswerContent, pages_of
from services.gateway.discord.replies import FENCE, LIMIT

ROWS = [{"type": 1, "components": [{"type": 2, "label": "Stop"}]}]
FILES = [gateway_pb2.File(name="export.jsonl", data=b"{}")]
TEXTS = st.lists(
    st.sampled_from(["word ", "a sentence. ", "\n\n", "- item\n", "```py\n", "x = 1\n", "```\n", "| a |\n", "z" * 700]), max_size=60
).map("".join)
NOTICES = st.lists(st.text("abc ", max_size=1500), max_size=3)


@given(TEXTS, NOTICES, st.integers(1, 6), st.booleans(), st.booleans())
def test_no_message_is_too_long_and_there_are_never_too_many(
    text: str, notices: list[str], messages_max: int, finished: bool, attaches: bool
) -> None:
    pages = pages_of(AnswerContent(text, notices, ROWS, FILES, finished=finished, attaches=attaches), messages_max)
    assert len(pages) <= messages_max
    assert all(0 < len(page.text) <= LIMIT and page.text.count(FENCE) % 2 == 0 for page in pages)


@given(TEXTS, st.integers(1, 6), st.booleans())
def test_buttons_stand_under_the_last_message_alone(text: str, messages_max: int, finished: bool) -> None:
    pages = pages_of(AnswerContent(text, (), ROWS, finished=finished), messages_max)
    assert [list(page.components) for page in pages] == [[]] * (len(pages) - 1) + [ROWS] * bool(pages)


@given(TEXTS, st.integers(1, 3))
def test_a_finished_answer_is_all_there_as_messages_or_as_a_file(text: str, messages_max: int) -> None:
    pages = pages_of(AnswerContent(text, finished=True), messages_max)
    files = [file for page in pages for file in page.files]
    if files:
        assert [file.data.decode() for file in files] == [text]
        assert IN_FILE in pages[-1].text
    else:
        shown = "".join(page.text for page in pages)
        assert "".join(shown.replace(FENCE, "").replace("py", "").split()) == "".join(text.replace(FENCE, "").replace("py", "").split())


@given(TEXTS, NOTICES, st.integers(1, 6))
def test_where_files_may_not_be_attached_there_are_none_and_the_last_message_says_so(text: str, notices: list[str], messages_max: int) -> None:
    pages = pages_of(AnswerContent(text, notices, ROWS, FILES, finished=True, attaches=False), messages_max)
    assert not any(page.files for page in pages)
    assert pages[-1].text.endswith((CUT_SHORT, FILES_LEFT_OUT))


def test_a_growing_answer_has_no_file_yet() -> None:
    pages = pages_of(AnswerContent("word " * 5000), 2)
    assert len(pages) == 2
    assert not any(page.files for page in pages)


def test_a_blank_answer_is_no_message() -> None:
    assert pages_of(AnswerContent(" \n", (), ROWS, finished=True), 5) == []
