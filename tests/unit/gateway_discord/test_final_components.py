from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.custom_ids import read_custom_id
from services.gateway.discord.final_components import (
    components_for,
    edit_form,
    list_components,
    memory_components,
    memory_subject,
    one_line,
    read_memory_subject,
    show_components,
)
from tests.fakes.discord_server.components import all_components, find_button, find_menu, labels, problem_with, problem_with_form

ADA = "1234567890123456789"
PLAN = "0198a7a5-7c3e-7d5b-9d9e-1f2a3b4c5d6e"


def memory(text: str = "my cat is called Miso", memory_id: str = PLAN) -> gateway_pb2.ShownMemory:
    return gateway_pb2.ShownMemory(memory_id=memory_id, text=text, version=3)


def listing(*memories: gateway_pb2.ShownMemory, next_page_token: str = "") -> gateway_pb2.Final:
    return gateway_pb2.Final(text="I remember this.", memories=memories, next_page_token=next_page_token)


def pressed(rows: list[dict[str, Any]], label: str) -> tuple[str, str, str]:
    custom_id = read_custom_id(find_button(rows, label)["custom_id"])
    assert custom_id is not None
    return custom_id.kind, custom_id.subject, custom_id.asker_id


def test_an_answer_without_anything_to_press_has_no_components() -> None:
    assert components_for(gateway_pb2.Final(text="Hello"), ADA) == []


def test_an_offered_forget_can_be_carried_out_or_declined() -> None:
    final = gateway_pb2.Final(forget_offer=gateway_pb2.ForgetOffer(plan_id=PLAN, memories=[memory(), memory()]))
    rows = components_for(final, ADA)
    assert labels(rows) == ["Forget them", "Keep them"]
    assert pressed(rows, "Forget them") == ("forget", PLAN, ADA)
    assert pressed(rows, "Keep them") == ("keep", PLAN, ADA)


def test_one_thing_is_it_and_not_them() -> None:
    final = gateway_pb2.Final(forget_offer=gateway_pb2.ForgetOffer(plan_id=PLAN, memories=[memory()]))
    assert labels(components_for(final, ADA)) == ["Forget it", "Keep it"]


def test_a_forget_that_was_done_can_be_undone() -> None:
    rows = components_for(gateway_pb2.Final(forget_done=gateway_pb2.ForgetDone(plan_id=PLAN, forgotten=2)), ADA)
    assert labels(rows) == ["Undo"]
    assert pressed(rows, "Undo") == ("undo", PLAN, ADA)


def test_a_question_is_answered_with_its_own_word_or_cancelled() -> None:
    confirmation = gateway_pb2.Confirmation(confirmation_id="erase.abc.123.def", confirm_label="Erase everything")
    rows = components_for(gateway_pb2.Final(confirmation=confirmation), ADA)
    assert labels(rows) == ["Erase everything", "Cancel"]
    assert pressed(rows, "Erase everything") == ("sure", "erase.abc.123.def", ADA)
    assert pressed(rows, "Cancel") == ("nope", "erase.abc.123.def", ADA)


def test_a_page_of_memories_has_a_menu_of_them_and_leads_on() -> None:
    rows = components_for(listing(memory("one", "m1"), memory("two", "m2"), next_page_token="m2"), ADA)
    assert [(option["label"], option["value"]) for option in find_menu(rows)["options"]] == [("one", "m1"), ("two", "m2")]
    assert labels(rows) == ["Next"]
    assert pressed(rows, "Next") == ("page", "m2", ADA)


def test_a_later_page_leads_back_and_the_last_one_not_on() -> None:
    rows = components_for(listing(memory()), ADA, page_token="m9")
    assert labels(rows) == ["Previous"]
    assert pressed(rows, "Previous") == ("back", "m9", ADA)


def test_a_page_that_has_become_empty_still_leads_back() -> None:
    assert labels(components_for(gateway_pb2.Final(text="Nothing."), ADA, page_token="m9")) == ["Previous"]


def test_a_memory_can_be_edited_deleted_and_left() -> None:
    rows = memory_components(memory_subject(memory(), look="123456"), ADA, page_token="m9")
    assert labels(rows) == ["Edit", "Delete", "Back to the list"]
    assert read_memory_subject(pressed(rows, "Delete")[1]) == (PLAN, 3)
    assert pressed(rows, "Back to the list") == ("page", "m9", ADA)


def test_two_looks_at_the_same_memory_are_told_apart() -> None:
    assert memory_subject(memory(), look="1") != memory_subject(memory(), look="2")


def test_a_subject_that_names_no_version_names_a_memory_all_the_same() -> None:
    assert read_memory_subject("m1") == ("m1", 0)


def test_the_form_is_filled_in_with_the_memory_and_fits() -> None:
    form = edit_form(memory_subject(memory(), look="123456"), ADA, "my cat is called Miso")
    assert all_components(form["components"])[0]["value"] == "my cat is called Miso"
    assert problem_with_form(form) is None
    assert problem_with_form(edit_form("m1:1:1", ADA, "x" * 5000)) is None
    assert problem_with_form(edit_form("m1:1:1", ADA, "")) is None


def test_a_private_answer_is_shown_by_a_button_that_names_the_message_it_answers() -> None:
    message = gateway_pb2.IncomingMessage(message_id="5", attempt=2, user_id=ADA)
    assert pressed(show_components(message, gateway_pb2.Final(private=True)), "Show me") == ("show", "5:2", ADA)


def test_a_private_list_is_listed_anew() -> None:
    message = gateway_pb2.IncomingMessage(message_id="5", user_id=ADA)
    assert pressed(show_components(message, listing(memory())), "Show me") == ("list", "", ADA)


TEXTS = st.text(max_size=300)
IDS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":"), min_size=1, max_size=120)
MEMORIES = st.lists(
    st.builds(gateway_pb2.ShownMemory, memory_id=IDS, text=TEXTS, version=st.integers(0, 10**6)), max_size=40, unique_by=lambda one: one.memory_id
)
FINALS = st.builds(
    gateway_pb2.Final,
    text=TEXTS,
    memories=MEMORIES,
    next_page_token=st.one_of(st.just(""), IDS),
    forget_offer=st.builds(gateway_pb2.ForgetOffer, plan_id=IDS, memories=MEMORIES),
    forget_done=st.builds(gateway_pb2.ForgetDone, plan_id=IDS),
    confirmation=st.builds(gateway_pb2.Confirmation, confirmation_id=IDS, confirm_label=TEXTS),
)


@given(FINALS, st.one_of(st.just(""), IDS))
def test_whatever_an_answer_holds_discord_accepts_its_components(final: gateway_pb2.Final, page_token: str) -> None:
    rows = components_for(final, ADA, page_token=page_token)
    assert problem_with(rows) is None
    assert problem_with([*rows[:4], *list_components(ADA)]) is None


@given(TEXTS, st.integers(5, 100))
def test_a_label_is_one_line_within_its_limit_and_never_empty(text: str, limit: int) -> None:
    label = one_line(text, limit)
    assert 1 <= len(label) <= limit
    assert label.splitlines() == [label]
