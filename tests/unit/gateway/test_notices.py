"""Every failure that a person can meet has words, and no internals in them."""

import re

import pytest

from services.gateway import notices
from services.runtime import errors
from services.runtime.errors import FAILURES

INTERNALS = re.compile(
    r"grpc|rpc|http|sql|postgres|redis|valkey|exception|error|traceback|timeout|deadline|null|none\b|id\b|_|\{|\}|database|gateway|hold\b|fence|circuit",
    re.IGNORECASE,
)


@pytest.mark.parametrize("reason", sorted(reason for reason, failure in FAILURES.items() if failure.notice is not None))
def test_every_reason_that_a_person_can_meet_has_words(reason: str):
    assert FAILURES[reason].notice in notices.WORDS


@pytest.mark.parametrize("key", sorted(notices.WORDS))
def test_no_words_name_internals(key: str):
    without_values = re.sub(r"\{\w+\}", "", notices.WORDS[key])
    assert not INTERNALS.search(without_values)
    assert without_values.strip()


@pytest.mark.parametrize("reason", sorted(errors.error_classes()))
def test_nothing_of_an_errors_own_message_reaches_a_person(reason: str):
    cls = errors.error_classes()[reason]
    error = cls.__new__(cls)
    errors.ParlourError.__init__(error, "secret 10.0.0.1 select * from accounts", metadata={"target": "secret"})
    error.available_microcredits = error.required_microcredits = 1_000_000  # type: ignore[attr-defined]
    assert "secret" not in notices.words_for(error)
    assert "{" not in notices.words_for(error)


def test_too_few_credits_are_said_in_numbers():
    error = errors.InsufficientCredit(available_microcredits=1_500_000, required_microcredits=12_000_000)
    assert notices.words_for(error) == "You don't have enough credits for this: 1.50 left, and an answer may need up to 12."


def test_a_reason_without_words_of_its_own_is_said_in_general_words():
    assert notices.words_for(errors.JobFailed()) == notices.WORDS["something_broke"]


@pytest.mark.parametrize(
    ("microcredits", "text"),
    [(0, "0"), (1_000_000, "1"), (1_250_000, "1.25"), (100_000_000, "100"), (1234_560_000, "1,234.56"), (2_500, "0.0025"), (-5_000_000, "-5")],
)
def test_amounts_read_as_credits(microcredits: int, text: str):
    assert notices.credits_text(microcredits) == text


def test_a_list_is_one_line():
    assert notices.list_text(["my cat\nis Miso.", "I sing"]) == "my cat is Miso; I sing"


def test_a_providers_limit_on_all_of_us_is_not_put_down_to_the_person():
    assert notices.words_for(errors.RateLimited("429", metadata={"model": "small"})) == notices.words("busy")
    assert notices.words_for(errors.RateLimited("10 a minute")) == notices.words("slow_down")
