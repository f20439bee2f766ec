"""Erasing a person from the books."""

import hashlib

import pytest

from parlour.credit.v1 import credit_pb2 as pb
from services.runtime.errors import InvalidField, NotFound, RequestIdReused

NOTHING = {"account_keys": 0, "notes": 0, "operations": 0, "usage_records": 0, "leased_turns": 0}


async def erase(credit, request_id: str = "erase-1", user_id: str = "1") -> pb.EraseSubjectResponse:
    return await credit.admin.EraseSubject(pb.EraseSubjectRequest(request_id=request_id, user_id=user_id), None)


@pytest.fixture
async def known(credit):
    """A person who has held, used, given and written something."""
    await credit.record((await credit.hold("user:1", amount=10)).hold, "message-1:0", prompt_tokens=5)
    await credit.hold("user:1", amount=10)
    await credit.transfer(7, "user:1", "user:2", note="for a friend")
    return credit


async def test_the_receipt_counts_what_was_erased_in_each_table(known):
    answer = await erase(known)
    assert dict(answer.erased_by_table) == {"account_keys": 1, "notes": 1, "operations": 4, "usage_records": 1, "leased_turns": 0}
    lines = "account_keys=1\nleased_turns=0\nnotes=1\noperations=4\nusage_records=1\n"
    assert answer.receipt_hash == hashlib.sha256((lines + "erase-1").encode()).hexdigest()


async def test_nothing_leads_from_the_person_to_the_books_any_more(known):
    (key,) = (await known.rows("SELECT account_key FROM account_keys WHERE account_id = 'user:1'"))[0]
    await erase(known)
    assert await known.rows("SELECT account_id FROM account_keys") == [("user:2",)]
    assert await known.rows(f"SELECT note FROM notes WHERE account_key = {key}") == []
    assert await known.rows(f"SELECT method FROM operations WHERE account_key = {key}") == [("EraseSubject",)]
    assert await known.rows("SELECT count(*) FROM usage_records WHERE turn_id = 'message-1:0'") == [(0,)]
    with pytest.raises(NotFound):
        await known.entries("user:1")


async def test_the_books_keep_their_sums(known):
    revenue = (await known.balance("system:revenue")).posted_microcredits
    await erase(known)
    assert (await known.balance("system:revenue")).posted_microcredits == revenue == 5
    assert await known.discrepancies() == []


async def test_repeating_the_request_answers_the_same_receipt_and_leaves_a_new_account_alone(known):
    first = await erase(known)
    await known.hold("user:1", amount=30)
    assert await erase(known) == first
    assert (await known.balance("user:1")).held_microcredits == 30


async def test_another_request_erases_the_new_account(known):
    await erase(known)
    await known.hold("user:1", amount=30)
    answer = await erase(known, "erase-2")
    assert dict(answer.erased_by_table) == {"account_keys": 1, "notes": 0, "operations": 1, "usage_records": 0, "leased_turns": 0}


async def test_an_erasure_that_was_cut_off_goes_on_with_its_first_count(known):
    first = await erase(known)
    await known.run("UPDATE erasures SET finished_at = NULL")
    assert await erase(known) == first
    assert await known.rows("SELECT count(*) FROM erasures WHERE finished_at IS NOT NULL") == [(1,)]


async def test_the_request_id_of_another_persons_erasure_is_refused(known):
    await erase(known)
    with pytest.raises(RequestIdReused):
        await erase(known, user_id="2")
    assert (await known.balance("user:2")).posted_microcredits > 0


async def test_who_has_no_account_gets_a_receipt_of_nothing(credit):
    answer = await erase(credit, user_id="nobody")
    assert dict(answer.erased_by_table) == NOTHING
    assert await erase(credit, user_id="nobody") == answer


async def test_a_receipt_holds_no_sign_of_whose_it_is(known):
    (key,) = (await known.rows("SELECT account_key FROM account_keys WHERE account_id = 'user:1'"))[0]
    await erase(known)
    (row,) = await known.rows("SELECT erasures::text FROM erasures")
    assert "user:1" not in row[0]
    assert str(key) not in row[0]


async def test_a_person_without_an_id_cannot_be_erased(credit):
    with pytest.raises(InvalidField) as refused:
        await erase(credit, user_id="")
    assert refused.value.field == "user_id"
