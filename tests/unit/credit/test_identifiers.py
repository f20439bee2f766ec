"""The ids that outsiders see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.credit.identifiers import KEY_MAX, account_kind, entry_id, grant_id, grant_seq, hold_id, hold_seq, operation_id, page_start, page_token
from services.runtime.errors import InvalidField, NotFound

keys = st.integers(1, KEY_MAX)
seqs = st.integers(1, 10**17)


@given(keys, seqs)
def test_a_hold_id_leads_back_to_its_hold(key, seq):
    assert hold_seq(key, hold_id(key, seq)) == seq


@given(keys, seqs)
def test_a_grant_id_leads_back_to_its_grant_and_is_no_hold_id(key, seq):
    assert grant_seq(key, grant_id(key, seq)) == seq
    with pytest.raises(NotFound, match="hold"):
        hold_seq(key, grant_id(key, seq))
    with pytest.raises(NotFound, match="grant"):
        grant_seq(key, hold_id(key, seq))


@given(keys, seqs, st.integers(0, 2**31 - 1))
def test_no_two_things_of_an_account_have_the_same_id(key, seq, leg):
    assert len({hold_id(key, seq), grant_id(key, seq), operation_id(key, seq), entry_id(key, seq, leg)}) == 4


@given(keys, keys, seqs)
def test_a_hold_id_is_of_no_use_to_another_account(key, other, seq):
    if key != other:
        with pytest.raises(NotFound):
            hold_seq(other, hold_id(key, seq))


@given(keys, st.text(max_size=60))
def test_any_text_is_a_hold_id_or_not_found(key, text):
    with pytest.raises(NotFound):
        hold_seq(key, text)


@given(keys, seqs, st.integers(0, 2**31 - 1))
def test_a_page_token_leads_back_to_its_place(key, seq, leg):
    assert page_start(key, page_token(key, seq, leg)) == (seq, leg)


@given(keys, keys, seqs)
def test_a_page_token_of_another_account_is_refused(key, other, seq):
    if key != other:
        with pytest.raises(InvalidField):
            page_start(other, page_token(key, seq, 0))


@given(keys, st.text(min_size=1, max_size=60))
def test_any_other_text_is_no_page_token(key, text):
    with pytest.raises(InvalidField):
        page_start(key, text)


@pytest.mark.parametrize("account_id", ["user:1", "guild:a:b"])
def test_people_and_guilds_have_accounts(account_id):
    assert account_kind(account_id) == account_id.partition(":")[0]


@pytest.mark.parametrize("account_id", ["", "1", "user", "user:", ":1", "USER:1", "system:revenue", "system:"])
def test_nobody_else_has(account_id):
    with pytest.raises(InvalidField) as refused:
        account_kind(account_id, "to_account_id")
    assert refused.value.field == "to_account_id"
