"""What the simulator's people send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.load.mix import DEFAULT, KINDS, Kind, parse_mix


def test_shares_are_weights_of_any_sum() -> None:
    assert parse_mix("questions=30,chatter=10").shares == {Kind.QUESTION: 0.75, Kind.CHATTER: 0.25}


def test_spaces_and_order_do_not_matter() -> None:
    assert parse_mix(" chatter = 1 , questions=3 ").shares == parse_mix("questions=3,chatter=1").shares


def test_a_kind_of_weight_0_is_not_sent() -> None:
    assert Kind.LONG not in parse_mix("questions=1,long=0").shares


def test_the_default_has_every_kind() -> None:
    assert set(parse_mix(DEFAULT).shares) == set(KINDS)


def test_what_the_model_answers_is_everything_but_chatter_and_commands() -> None:
    assert parse_mix("questions=4,chatter=3,commands=1,edits=1,short=1").turns_share == pytest.approx(0.6)


@given(
    st.dictionaries(st.sampled_from(KINDS), st.integers(1, 1_000), min_size=1).filter(lambda kinds: Kind.EDIT not in kinds or Kind.QUESTION in kinds)
)
def test_shares_add_up_to_1_and_a_mix_reads_back_what_it_writes(weights: dict[Kind, int]) -> None:
    mix = parse_mix(",".join(f"{kind}={weight}" for kind, weight in weights.items()))
    assert sum(mix.shares.values()) == pytest.approx(1)
    assert parse_mix(str(mix)).shares == pytest.approx(mix.shares, rel=1e-4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not kind=weight"),
        ("questions", "is not kind=weight"),
        ("questions=1,", "is not kind=weight"),
        ("jokes=3", 'no messages of the kind "jokes": the mix takes questions, chatter, commands, edits, long, short'),
        ("questions=1,questions=2", "names questions twice"),
        ("questions=many", 'is "many", which is not a number'),
        ("questions=-1", "it can be 0 to"),
        ("questions=nan", "it can be 0 to"),
        ("questions=inf", "it can be 0 to"),
        ("questions=0", "every weight of the mix is 0"),
        ("edits=1,chatter=1", "only a question can be edited"),
    ],
)
def test_what_is_wrong_with_a_mix_is_said(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_mix(text)
