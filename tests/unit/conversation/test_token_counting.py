"""Tokens: as many as the model's own tokenizer makes, each text counted once; an estimate where there is no tokenizer."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client import REGISTRY
from tokenizers import Tokenizer

from services.conversation.models.models_file import read_models
from services.conversation.window.context_window import PromptMessage, prompt_tokens
from services.conversation.window.token_counting import ESTIMATE, ModelTokenizer, estimate_tokens, token_counter
from services.local.model_server import model_file
from services.local.model_tokenizer import write_tokenizer
from services.runtime.settings import BadSettings

lines = st.text(st.sampled_from("ab Cé猫😀'19.,-<>|\t\n\r\u00a0\u2028"), max_size=60)


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    write_tokenizer(model_file(), path)
    return path


@pytest.fixture(scope="module")
def tokenizer(tokenizer_file) -> Tokenizer:
    return Tokenizer.from_file(str(tokenizer_file))


def asked(source: str) -> float:
    return REGISTRY.get_sample_value("parlour_conversation_token_counts_total", {"source": source}) or 0.0


@pytest.mark.parametrize(("text", "least"), [("", 1), ("hello world", 3), ("猫" * 100, 100), ("😀" * 50, 100), ("a" * 350, 100)])
def test_tokens_are_estimated_rather_high(text, least):
    assert estimate_tokens(text) >= least


@given(st.lists(lines, max_size=40).map("\n".join), st.integers(1, 12))
@example("line\nline\n\n  line \nline ", 40)
@example("one long word" * 100, 1)
def test_a_text_of_any_length_is_counted_as_the_tokenizer_counts_it(tokenizer, text, times):
    long = "\n".join([text] * times)
    counted = ModelTokenizer(tokenizer).count_all([text, long, text])
    assert counted == [len(tokenizer.encode(each, add_special_tokens=False).ids) for each in (text, long, text)]


@pytest.mark.parametrize(
    "odd",
    ["a" + "\u0301" * 2000, "x" * 8000, "👨\u200d👩\u200d👧" * 500, "\u202e\u2066abc", "\u200b" * 100, "שלום مرحبا " * 300],
    ids=["accents", "no blank", "joined emoji", "directions", "invisible", "rtl"],
)
def test_odd_texts_are_counted_and_estimated_by_no_less_than_half(tokenizer, odd):
    [counted] = ModelTokenizer(tokenizer).count_all([odd])
    assert counted == len(tokenizer.encode(odd, add_special_tokens=False).ids) > 0
    assert estimate_tokens(odd) * 2 >= counted


def test_a_text_that_was_counted_is_not_counted_again(tokenizer_file):
    counter = token_counter(str(tokenizer_file), "small")
    first = counter.count_all(["a cat", "a dog"])
    known, new = asked("kept"), asked("tokenizer")
    assert counter.count_all(["a dog", "a cat", "a cow"]) == [*first[::-1], 2]
    assert (asked("kept") - known, asked("tokenizer") - new) == (2, 1)


def test_a_long_text_that_has_grown_is_counted_from_where_it_grew(tokenizer_file):
    counter = token_counter(str(tokenizer_file), "small")
    long = "\n".join(f"line {number} of a long conversation" for number in range(100))
    counter.count_all([long])
    new = asked("tokenizer")
    counter.count_all([f"{long}\none more line"])
    assert asked("tokenizer") - new == 2  # what was the last line has an end now


def test_no_more_counts_are_kept_than_it_says(tokenizer):
    counter = ModelTokenizer(tokenizer, counts_max=100)
    for number in range(1000):
        counter.count_all([f"text {number}"])
    assert len(counter._counts) == 100  # the metric parlour_map_items is published by a sweep only


def test_half_a_character_is_no_reason_to_fail(tokenizer):
    assert ModelTokenizer(tokenizer).count_all(["broken \ud83d here"])[0] > 2


def test_a_text_without_line_ends_that_is_as_long_as_a_book_is_estimated(tokenizer):
    assert ModelTokenizer(tokenizer).count_all(["x" * 20_000]) == [estimate_tokens("x" * 20_000)]


def test_the_chat_template_is_counted(tokenizer):
    counter = ModelTokenizer(tokenizer)
    messages = [
        PromptMessage("system", "You are kind."),
        PromptMessage("user", "hi"),
        PromptMessage("assistant", "yo"),
        PromptMessage("user", "and?"),
    ]
    template = "".join(f"<|im_start|>{message.role}\n{message.text}<|im_end|>\n" for message in messages) + "<|im_start|>assistant\n"
    assert prompt_tokens(messages, counter) == len(tokenizer.encode(template, add_special_tokens=False).ids)


def test_without_a_tokenizer_tokens_are_estimated():
    assert token_counter("", "small") is ESTIMATE


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"no JSON", "is no tokenizer.json"), (b'{"model": {}}', "is no tokenizer.json"), (b"\xff\xfe\x00", "is not text")],
)
def test_a_file_that_is_no_tokenizer_is_told_in_a_sentence(tmp_path, content, said):
    path = tmp_path / "tokenizer.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadSettings) as problem:
        token_counter(str(path), "small")
    assert said in str(problem.value)
    assert str(problem.value).startswith("PARLOUR_MODELS_FILE: [models.small.endpoint]: tokenizer: ")


def test_a_tokenizer_is_looked_for_from_the_folder_of_the_models_file(tmp_path):
    (tmp_path / "models.toml").write_text(
        '[models.small.endpoint]\nbase_url = "http://a/v1"\nprovider_model = "m"\ncontext_window_tokens = 2048\nmax_completion_tokens = 400\n'
        'tokenizer = "small/tokenizer.json"\n'
    )
    assert read_models(tmp_path / "models.toml")["small"].tokenizer == str(tmp_path / "small" / "tokenizer.json")
