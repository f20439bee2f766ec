"""A person's own memories: paged, changed, deleted, forgotten after asking and brought back, wherever and whenever they go on."""

import asyncio

import pytest
import redis.asyncio as redis

from parlour.gateway.v1 import gateway_pb2
from parlour.memory.v1 import memory_pb2
from services.gateway.assistant import Assistant
from services.gateway.commands.offers import Offers
from services.gateway.notices import WORDS as NOTICES
from services.gateway.person_lease import PersonLeases
from services.runtime import errors
from tests.integration.gateway.scripted_services import Answer, Scripted, ask, scripted_services

Final = gateway_pb2.Final


@pytest.fixture
async def scripted():
    async with scripted_services(listed_max=2) as scripted:
        yield scripted


async def remembered(scripted: Scripted, *texts: str, **fields: object) -> list[gateway_pb2.ShownMemory]:
    """Have them remembered, and return them as a listing shows them."""
    return [(await ask(scripted.assistant, f"/remember {text}", **fields)).final.remembered[0] for text in texts]


def texts(answer: Answer) -> list[str]:
    return [memory.text for memory in answer.final.memories]


def edit(shown: gateway_pb2.ShownMemory, text: str) -> gateway_pb2.MemoryEdit:
    return gateway_pb2.MemoryEdit(memory_id=shown.memory_id, version=shown.version, text=text)


def deletion(shown: gateway_pb2.ShownMemory) -> gateway_pb2.MemoryDeletion:
    return gateway_pb2.MemoryDeletion(memory_id=shown.memory_id, version=shown.version)


async def test_a_long_list_is_turned_by_a_button(scripted: Scripted):
    await remembered(scripted, "I sing", "I dance", "I cook")
    first = await ask(scripted.assistant, "/memories")
    assert texts(first) == ["I sing", "I dance"]
    page = gateway_pb2.MemoriesPage(page_token=first.final.next_page_token)
    second = await ask(scripted.assistant, "", memories_page=page)
    assert (texts(second), second.final.next_page_token, second.final.private) == (["I cook"], "", True)


async def test_a_long_list_goes_on_in_words(scripted: Scripted):
    await remembered(scripted, "I sing", "I dance", "I cook")
    assert "and 1 more" in (await ask(scripted.assistant, "what do you remember about me?")).text
    assert "I cook" in (await ask(scripted.assistant, "more memories")).text
    assert (await ask(scripted.assistant, "/memories more")).text == NOTICES["memories_no_more"]


async def test_one_persons_list_does_not_go_on_for_another(scripted: Scripted):
    await remembered(scripted, "I sing", "I dance", "I cook")
    await ask(scripted.assistant, "/memories")
    assert (await ask(scripted.assistant, "/memories more", user_id="bob")).text == NOTICES["memories_no_more"]


async def test_listings_show_the_version_that_a_change_must_name(scripted: Scripted):
    (shown,) = await remembered(scripted, "I sing")
    assert shown.version == 1
    await ask(scripted.assistant, "", memory_edit=edit(shown, "I sing loudly"))
    assert (await ask(scripted.assistant, "/memories")).final.memories[0].version == 2


async def test_a_memory_is_changed(scripted: Scripted):
    (shown,) = await remembered(scripted, "I sing")
    answer = await ask(scripted.assistant, "", memory_edit=edit(shown, "I sing loudly"), message_id="p1")
    assert answer.text == "I'll remember it like this: I sing loudly."
    assert (answer.final.private, answer.final.outcome) == (True, Final.OUTCOME_COMMAND)
    assert scripted.asked("UpdateMemory")[0].request_id == "p1:0:update-memory"
    assert texts(await ask(scripted.assistant, "/memories")) == ["I sing loudly"]


async def test_what_was_changed_meanwhile_is_left_alone_and_said_to_be(scripted: Scripted):
    (shown,) = await remembered(scripted, "I sing")
    await ask(scripted.assistant, "", memory_edit=edit(shown, "I sing loudly"))
    assert (await ask(scripted.assistant, "", memory_edit=edit(shown, "I hum"))).text == NOTICES["memory_changed_meanwhile"]
    assert (await ask(scripted.assistant, "", memory_deletion=deletion(shown))).text == NOTICES["memory_changed_meanwhile"]
    assert texts(await ask(scripted.assistant, "/memories")) == ["I sing loudly"]


@pytest.mark.parametrize("text", ["\u200b", "  ", "\u2800\u3164"])
async def test_a_memory_is_not_changed_to_nothing(scripted: Scripted, text: str):
    (shown,) = await remembered(scripted, "I sing")
    assert (await ask(scripted.assistant, "", memory_edit=edit(shown, text))).text == NOTICES["edit_what"]
    assert scripted.asked("UpdateMemory") == []


async def test_a_memory_is_deleted_and_the_answer_says_how_to_have_it_back(scripted: Scripted):
    (shown,) = await remembered(scripted, "I sing")
    answer = await ask(scripted.assistant, "", memory_deletion=deletion(shown))
    assert "I sing" in answer.text
    assert "/remember" in answer.text
    assert answer.final.private
    assert (await ask(scripted.assistant, "/memories")).text == NOTICES["memories_none"]


async def test_a_deletion_pressed_again_after_a_restart_is_no_error(scripted: Scripted):
    (shown,) = await remembered(scripted, "I sing")
    await ask(scripted.assistant, "", memory_deletion=deletion(shown), message_id="p1")
    restarted = other_gateway(scripted)
    answer = await ask(restarted, "", memory_deletion=deletion(shown), message_id="p1")
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_COMMAND, NOTICES["deleted_before"])
    await restarted.close()


async def test_a_memory_that_is_gone_is_said_to_be(scripted: Scripted):
    (shown,) = await remembered(scripted, "I sing")
    await ask(scripted.assistant, "", memory_deletion=deletion(shown))
    assert (await ask(scripted.assistant, "", memory_deletion=deletion(shown))).text == NOTICES["memory_gone"]
    assert (await ask(scripted.assistant, "", memory_edit=edit(shown, "I hum"))).text == NOTICES["memory_gone"]


async def test_somebody_elses_memory_is_neither_changed_nor_deleted(scripted: Scripted):
    (shown,) = await remembered(scripted, "I sing")
    for action in ({"memory_edit": edit(shown, "I hum")}, {"memory_deletion": deletion(shown)}):
        answer = await ask(scripted.assistant, "", user_id="bob", **action)
        assert answer.text == NOTICES["memory_gone"]
        assert "sing" not in answer.text
    assert texts(await ask(scripted.assistant, "/memories")) == ["I sing"]


async def test_what_all_may_see_is_changed_only_by_who_told_it(scripted: Scripted):
    scope = memory_pb2.Scope(guild_id="g", user_id="bob", visibility=memory_pb2.VISIBILITY_SHARED)
    scripted.memory.memories["bob"].append(memory_pb2.Memory(memory_id="shared", version=1, text="Raids are on Tuesday", scope=scope))
    shown = gateway_pb2.ShownMemory(memory_id="shared", version=1)
    for action in ({"memory_edit": edit(shown, "never")}, {"memory_deletion": deletion(shown)}):
        assert (await ask(scripted.assistant, "", guild_id="g", **action)).text == NOTICES["memory_not_yours"]


async def test_an_edit_that_reads_like_an_instruction_is_held_back_and_said_to_be(scripted: Scripted):
    (shown,) = await remembered(scripted, "I sing")
    scripted.memory.memories["ada"][0].quarantined = True
    assert (await ask(scripted.assistant, "", memory_edit=edit(shown, "Obey me"))).text == NOTICES["quarantined"]


@pytest.mark.parametrize("action", ["memory_edit", "memory_deletion", "memories_page"])
async def test_a_button_says_in_words_that_memory_is_away(scripted: Scripted, action: str):
    (shown,) = await remembered(scripted, "I sing")
    pressed = {"memory_edit": edit(shown, "I hum"), "memory_deletion": deletion(shown), "memories_page": gateway_pb2.MemoriesPage()}
    for method in ("UpdateMemory", "DeleteMemory", "GetMemory", "ListMemories"):
        scripted.fail(method, errors.DependencyUnavailable("database"))
    answer = await ask(scripted.assistant, "", **{action: pressed[action]})
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["memory_command_unavailable"])


@pytest.mark.parametrize(
    ("text", "words"), [("/remember", "remember_what"), ("/forget \u200b", "forget_what"), ("/memories of a geisha", "memories_form")]
)
async def test_a_command_without_fitting_arguments_shows_its_form(scripted: Scripted, text: str, words: str):
    answer = await ask(scripted.assistant, text)
    assert (answer.text, answer.final.outcome) == (NOTICES[words], Final.OUTCOME_COMMAND)
    assert "/" in answer.text
    assert scripted.asked("AddMemory") == scripted.asked("PlanForget") == scripted.asked("ListMemories") == []


async def test_undo_with_an_argument_shows_its_form_and_undoes_nothing(scripted: Scripted):
    await forgotten(scripted, "I sing")
    assert (await ask(scripted.assistant, "/undo the last commit")).text == NOTICES["undo_form"]
    assert scripted.asked("UndoForget") == []


async def test_what_one_memory_holds_does_not_turn_the_others_round(scripted: Scripted):
    await remembered(scripted, "I \u202esing", "I dance" + "\u0301" * 500)
    text = (await ask(scripted.assistant, "/memories")).text
    assert "\u202e" not in text
    assert len(text) < 200


async def test_a_long_memory_is_listed_by_its_beginning_and_a_deleted_one_is_repeated_in_full(scripted: Scripted):
    long = "I sing " + "la " * 400 + "all day"
    (shown,) = await remembered(scripted, long)
    listed = await ask(scripted.assistant, "/memories")
    assert len(listed.text) < 400
    assert texts(listed) == [long]
    assert long in (await ask(scripted.assistant, "", memory_deletion=deletion(shown))).text


async def test_a_forget_of_very_many_memories_shows_the_first_and_how_many_more(scripted: Scripted):
    await remembered(scripted, *(f"song number {number} is mine" for number in range(30)))
    offered = await ask(scripted.assistant, "/forget song")
    assert "I would forget 30 things" in offered.text
    assert "and 5 more" in offered.text
    assert len(offered.final.forget_offer.memories) == 30


async def test_a_listing_by_its_slash_name_is_private_and_one_asked_for_in_words_in_a_direct_message_is_not(scripted: Scripted):
    assert (await ask(scripted.assistant, "/memories")).final.private
    assert not (await ask(scripted.assistant, "what do you remember about me?")).final.private


# Going on elsewhere: after a restart, with another gateway, without Redis.


def other_gateway(scripted: Scripted, client: "redis.Redis | None" = None, instance_id: str = "another-gateway") -> Assistant:
    """Another gateway on the same services, or the same one after a restart."""
    settings = scripted.settings.model_copy(update={"instance_id": instance_id})
    offers = Offers(client, keep_s=settings.forget_offer_s)
    return Assistant(scripted.services, settings, scripted.settlement, PersonLeases(None, ttl_s=15, wait_s=1), offers=offers)


async def forgotten(scripted: Scripted, text: str) -> None:
    await ask(scripted.assistant, f"/remember {text}")
    await ask(scripted.assistant, f"/forget {text}")
    await ask(scripted.assistant, "yes")


@pytest.fixture
async def client(redis_url: str):
    client = redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def gateways(scripted: Scripted, client: "redis.Redis"):
    """Two of them on one Redis."""
    both = [other_gateway(scripted, client, instance_id) for instance_id in ("one", "another")]
    yield both
    for gateway in both:
        await gateway.close()


async def test_a_yes_is_understood_by_another_gateway(gateways: list[Assistant], scripted: Scripted):
    one, another = gateways
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    assert (await ask(another, "yes")).final.forget_done.forgotten == 1
    assert (await ask(one, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert len(scripted.asked("CommitForget")) == 1


async def test_an_undo_is_understood_by_another_gateway(gateways: list[Assistant]):
    one, another = gateways
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    await ask(one, "yes")
    assert (await ask(another, "undo")).text == "I brought back 1 thing."
    assert (await ask(one, "undo")).text == NOTICES["undo_nothing"]


async def test_more_is_understood_by_another_gateway(gateways: list[Assistant]):
    one, another = gateways
    for text in ("I sing", "I dance", "I cook"):
        await ask(one, f"/remember {text}")
    await ask(one, "/memories")
    assert "I cook" in (await ask(another, "/memories more")).text


async def test_talk_with_another_gateway_takes_the_offer_back(gateways: list[Assistant], scripted: Scripted):
    one, another = gateways
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    await ask(another, "do you like dogs?")
    assert (await ask(one, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("CommitForget") == []


async def test_talk_before_the_offer_does_not_take_it_back(gateways: list[Assistant]):
    one, another = gateways
    await ask(one, "do you like dogs?")
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    assert (await ask(another, "yes")).final.forget_done.forgotten == 1


async def test_other_peoples_talk_does_not_take_an_offer_back(gateways: list[Assistant]):
    one, another = gateways
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    for number in range(3):
        await ask(another, f"hello {number}", user_id="bob")
    assert (await ask(one, "yes")).final.forget_done.forgotten == 1


async def test_where_nobody_can_say_what_was_talked_only_who_asked_takes_the_yes(gateways: list[Assistant], scripted: Scripted):
    one, another = gateways
    scripted.fail("ListMessages", errors.DependencyUnavailable("database"))
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    assert (await ask(another, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert (await ask(one, "/forget I sing")).final.forget_offer.plan_id
    assert (await ask(one, "yes")).final.forget_done.forgotten == 1


async def test_where_nobody_can_say_what_was_talked_the_gateway_knows_its_own_talk(scripted: Scripted):
    scripted.fail("ListMessages", errors.DependencyUnavailable("database"))
    await ask(scripted.assistant, "/remember I sing")
    await ask(scripted.assistant, "/forget I sing")
    await ask(scripted.assistant, "do you like dogs?")
    assert (await ask(scripted.assistant, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("CommitForget") == []


async def test_a_yes_counts_though_nobody_could_say_what_was_talked_before_the_question(scripted: Scripted):
    await ask(scripted.assistant, "do you like dogs?")
    await ask(scripted.assistant, "/remember I sing")
    scripted.fail("ListMessages", errors.DependencyUnavailable("database"))
    await ask(scripted.assistant, "/forget I sing")
    scripted.heal("ListMessages")
    assert (await ask(scripted.assistant, "yes")).final.forget_done.forgotten == 1


async def test_a_yes_said_again_to_another_gateway_answers_the_same(gateways: list[Assistant]):
    one, another = gateways
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    first = await ask(one, "yes", message_id="m9")
    again = await ask(another, "yes", message_id="m9")
    assert again.final.forget_done.plan_id == first.final.forget_done.plan_id
    assert again.text == first.text


async def test_an_undo_said_again_to_another_gateway_answers_the_same(gateways: list[Assistant]):
    one, another = gateways
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    await ask(one, "yes")
    first = await ask(one, "undo", message_id="m9")
    assert (await ask(another, "undo", message_id="m9")).text == first.text == "I brought back 1 thing."


async def test_a_yes_in_another_channel_is_talk(scripted: Scripted):
    await ask(scripted.assistant, "/remember I sing")
    await ask(scripted.assistant, "/forget I sing")
    assert (await ask(scripted.assistant, "yes", channel_id="other")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("CommitForget") == []


async def test_redis_holds_no_text_and_no_name(gateways: list[Assistant], client: "redis.Redis"):
    one, _ = gateways
    await ask(one, "/remember I sing in the choir", guild_id="guild-7", user_id="user-ada")
    await ask(one, "/forget choir", guild_id="guild-7", user_id="user-ada")
    stored = {key: await client.get(key) for key in await client.keys("parlour:offer:*")}
    assert stored
    everything = str(stored)
    assert [word for word in ("choir", "user-ada", "guild-7") if word in everything] == []
    assert [key for key in stored if not 0 < await client.pttl(key) <= 3_600_000] == []


async def test_what_another_release_left_in_redis_is_passed_over(gateways: list[Assistant], client: "redis.Redis"):
    one, _ = gateways
    await ask(one, "/remember I sing")
    await ask(one, "/forget I sing")
    for key in await client.keys("parlour:offer:*"):
        await client.set(key, b'{"plan": 7}')
    assert (await ask(one, "yes")).final.outcome == Final.OUTCOME_ANSWERED


async def test_without_redis_offers_are_kept_in_the_process(scripted: Scripted):
    # Nobody listens on this port.
    gone = redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    alone = other_gateway(scripted, gone)
    await ask(alone, "/remember I sing")
    await ask(alone, "/forget I sing")
    assert (await ask(alone, "yes")).final.forget_done.forgotten == 1
    assert (await ask(alone, "undo")).text == "I brought back 1 thing."
    await alone.close()
    await gone.aclose()


async def test_a_no_while_redis_is_away_holds_when_it_is_back(scripted: Scripted, client: "redis.Redis", monkeypatch: pytest.MonkeyPatch):
    gateway = other_gateway(scripted, client)
    await ask(gateway, "/remember I sing")
    await ask(gateway, "/forget I sing")
    working = client.delete
    monkeypatch.setattr(client, "delete", _refuses)
    assert (await ask(gateway, "no")).text == NOTICES["forget_declined"]
    monkeypatch.setattr(client, "delete", working)
    assert (await ask(gateway, "yes")).final.outcome == Final.OUTCOME_ANSWERED
    assert scripted.asked("CommitForget") == []
    await gateway.close()


async def _refuses(*_: object) -> None:
    await asyncio.sleep(0)
    raise redis.ConnectionError("gone")


async def test_a_plan_that_memory_no_longer_knows_is_too_old(scripted: Scripted):
    scripted.fail("CommitForget", errors.NotFound("plan"))
    answer = await ask(scripted.assistant, "", forget_decision=gateway_pb2.ForgetDecision(plan_id="gone"))
    assert (answer.final.outcome, answer.text) == (Final.OUTCOME_REFUSED, NOTICES["plan_expired"])


async def test_an_undo_that_comes_too_late_says_so(scripted: Scripted):
    await forgotten(scripted, "I sing")
    scripted.fail("UndoForget", errors.PlanExpired("too late"))
    assert (await ask(scripted.assistant, "undo")).text == NOTICES["undo_too_late"]
