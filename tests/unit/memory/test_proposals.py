"""What is believed of a model's answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.memory.extraction import FACTS_PER_MESSAGE_MAX, Message
from services.memory.model_extraction import ExtractionLimits, ModelExtraction
from services.memory.proposals import InvalidOutput, Verdict, judged

SAID = "oh well, my cat Miso turned 3 in May.  We no longer live in Oslo; is my dog called Rex? I’m allergic to nuts"


def fact(**changes):
    given = {"text": "my cat is called Miso", "kind": "fact", "subject": "cat", "attribute": "name", "message_id": "m1", "quote": "my cat Miso"}
    return {**given, **changes}


def answer(*facts):
    return json.dumps({"facts": list(facts)})


def verdicts(*facts, said=SAID):
    return [one.verdict for one in judged(answer(*facts), {"m1": said}, per_message_max=FACTS_PER_MESSAGE_MAX)]


def test_a_fact_that_quotes_its_message_is_kept_with_its_key():
    (one,) = judged(answer(fact()), {"m1": SAID}, per_message_max=8)
    assert (one.message_id, one.verdict) == ("m1", Verdict.KEPT)
    assert (one.statement.text, one.statement.subject, one.statement.attribute) == ("my cat is called Miso", "cat", "name")


@pytest.mark.parametrize("quote", ["MY CAT  Miso", "my cat\nmiso", "I'm allergic to nuts"])
def test_blanks_case_and_the_form_of_the_apostrophe_do_not_matter_in_a_quote(quote):
    assert verdicts(fact(quote=quote, text="I'm allergic to nuts" if "nuts" in quote else "my cat is called Miso")) == [Verdict.KEPT]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"quote": "my cat is called Miso"}, Verdict.NO_QUOTE),
        ({"quote": ""}, Verdict.NO_QUOTE),
        ({"quote": "o"}, Verdict.NO_QUOTE),
        ({"message_id": "m2"}, Verdict.UNKNOWN_MESSAGE),
        ({"text": "I live in Oslo", "quote": "We no longer live in Oslo"}, Verdict.INVERTED),
        ({"text": "I am not allergic to nuts", "quote": "allergic to nuts"}, Verdict.INVERTED),
        ({"text": "my dog is called Rex", "quote": "is my dog called Rex?"}, Verdict.QUESTION),
        ({"text": "my dog is called Rex", "quote": "my dog called Rex"}, Verdict.QUESTION),
        ({"text": "my cat Miso turned 4"}, Verdict.UNFOUNDED),
        ({"text": "my cat is called Momo"}, Verdict.UNFOUNDED),
        ({"text": "likes music"}, Verdict.UNFOUNDED),
    ],
)
def test_what_the_message_does_not_say_is_dropped(changes, verdict):
    assert verdicts(fact(**changes)) == [verdict]


def test_a_denial_may_be_kept_as_a_denial():
    assert verdicts(fact(text="I no longer live in Oslo", quote="no longer live in Oslo")) == [Verdict.KEPT]


def test_one_message_gives_only_so_much():
    assert verdicts(*[fact()] * 10) == [Verdict.KEPT] * FACTS_PER_MESSAGE_MAX + [Verdict.TOO_MANY] * 2


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"subject": "Self", "attribute": "hobby", "text": "I collect stamps"}, ("self", "")),
        ({"subject": "self", "attribute": "residence", "text": "I live in Oslo"}, ("self", "home")),
        ({"subject": "self", "attribute": "favourite", "text": "stamps are my favourite"}, ("self", "")),
        ({"subject": "", "attribute": "JOB", "text": "a collector of stamps"}, ("self", "job")),
    ],
)
def test_only_attributes_that_hold_one_value_replace_anything(changes, key):
    (one,) = judged(answer(fact(quote="stamps", **changes)), {"m1": "stamps in Oslo, I live for stamps"}, per_message_max=8)
    assert (one.statement.subject, one.statement.attribute) == key


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "no facts",
        "[]",
        '{"facts": 1}',
        '{"facts": [1]}',
        "[" * 100_000,
        '{"facts": [{"text": "x"}]}',
        answer(fact(kind="rumour")),
        answer(fact(text="")),
        answer(fact(text="x" * 301)),
        answer(*[fact()] * 101),
        "9" * 5_000,
    ],
)
def test_what_is_not_of_the_schema_is_no_answer(broken):
    with pytest.raises(InvalidOutput):
        judged(broken, {"m1": SAID}, per_message_max=8)


def test_an_answer_in_a_fence_is_read():
    assert [one.verdict for one in judged(f"```json\n{answer(fact())}\n```", {"m1": SAID}, per_message_max=8)] == [Verdict.KEPT]


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_fact_is_kept_whose_quote_its_message_does_not_hold(said, quote, text):
    try:
        found = judged(answer(fact(text=text, quote=quote)), {"m1": said}, per_message_max=8)
    except InvalidOutput:
        return
    levelled = [" ".join(part.replace("’", "'").casefold().split()) for part in (quote, said)]
    assert all(one.verdict is not Verdict.KEPT or levelled[0] in levelled[1] for one in found)


def test_a_batch_ends_before_it_is_too_long_and_holds_one_message_at_least():
    extraction = ModelExtraction(None, ExtractionLimits(3, 100, 50, 1, 1.0))
    messages = [Message(str(number), "ada", "Ada", "x" * length, None) for number, length in enumerate([500, 40, 40, 40])]
    assert [one.message_id for one in extraction.batch(messages)] == ["0"]
    assert [one.message_id for one in extraction.batch(messages[1:])] == ["1", "2"]
    short = [Message(str(number), "ada", "Ada", "x", None) for number in range(9)]
    assert len(extraction.batch(short)) == 3
