"""Is a message meant for the assistant? By the state of the talk, kept without a word of it."""

import gc
import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.addressees import (
    CANDIDATE_FEATURES,
    KEPT_MAX,
    NOBODY_FEATURES,
    PEOPLE_MAX,
    AddresseeModel,
    Candidates,
    Likely,
    candidates_of,
    settled,
)
from services.gateway.addressing.addresser import Addresser
from services.gateway.addressing.channel_talk import ASSISTANT, ChannelTalk, Heard
from services.gateway.addressing.cues import CUES, cues_of
from services.gateway.addressing.features import FEATURES, measure
from services.gateway.addressing.fingerprints import NUMBERS, RARE, Weights, fingerprint, in_common
from services.gateway.addressing.meanings import DIMENSIONS, Meanings
from services.gateway.addressing.names import Named, assistant_pattern, named_in
from services.gateway.addressing.rules import Reason
from services.gateway.addressing.talk import Said, Talk
from services.gateway.settings import GatewaySettings

NOON_S = 1_800_000_000


class OneGuild:
    """A guild that decided what a test says."""

    def __init__(self, **settings: object) -> None:
        self.settings = conversation_pb2.GuildSettings(guild_id="g", **settings)  # type: ignore[arg-type]

    async def get(self, guild_id: str) -> conversation_pb2.GuildSettings:
        return self.settings


class Fixed:
    """A model that always says the same, and keeps what it was asked. `meant`: whom it takes messages to be meant for, where they are candidates."""

    threshold = 0.4
    cautious_threshold = 0.9
    typical = tuple(0.0 for _ in FEATURES)

    def __init__(self, probability: float = 0.5, **meant: float) -> None:
        self.said = probability
        self.word_weights: Weights = {}
        # Two things that can be talked about.
        self.meanings = Meanings({"boat": 0, "ship": 0, "tea": 1}, np.eye(2, DIMENSIONS, dtype=np.float32))
        self.meant = meant
        self.asked: list[list[float]] = []
        self.candidates: list[Candidates] = []

    def likely(self, candidates: Candidates) -> Likely:
        self.candidates.append(candidates)
        return {one: self.meant.get(one, 0.0) for one in candidates.ids}

    def probability(self, values: Sequence[float]) -> float:
        self.asked.append(list(values))
        return self.said

    def log_odds(self, values: Sequence[float]) -> float:
        return 0.0

    @property
    def last(self) -> dict[str, float]:
        return dict(zip(FEATURES, self.asked[-1], strict=True))

    def last_of(self, candidate: str) -> dict[str, float]:
        row = self.candidates[-1].row_of(candidate)
        assert row is not None
        return dict(zip(CANDIDATE_FEATURES, row, strict=True))


def settings(**changes: object) -> GatewaySettings:
    addresses = dict.fromkeys(("credit_address", "memory_address", "conversation_address"), "127.0.0.1:1")
    return GatewaySettings(**(addresses | {"assistant_name": "parlour"} | changes))  # type: ignore[arg-type]


def addresser(model: Fixed, *, guild: OneGuild | None = None, **changes: object) -> Addresser:
    return Addresser(guild or OneGuild(), settings(**changes), model=model, clock=lambda: float(NOON_S))


def message(text: str, *, by: str = "ann", at_s: int = NOON_S, **fields: object) -> gateway_pb2.IncomingMessage:
    message.count += 1  # type: ignore[attr-defined]
    values = {"message_id": f"m{message.count}", "channel_id": "c", "guild_id": "g", "user_name": by.title()} | fields  # type: ignore[attr-defined]
    return gateway_pb2.IncomingMessage(text=text, user_id=by, create_time=Timestamp(seconds=at_s), **values)  # type: ignore[arg-type]


message.count = 0  # type: ignore[attr-defined]


def asked_about(user: str = "ann", channel: str = "c") -> gateway_pb2.ExplainAddressingRequest:
    return gateway_pb2.ExplainAddressingRequest(guild_id="g", channel_id=channel, user_id=user)


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("hello", {"mentions_assistant": True}),
        ("hello", {"guild_id": ""}),
        ("parlour, hello", {}),
        ("hello", {"replied_to": gateway_pb2.RepliedTo(message_id="r", from_assistant=True)}),
        ("  ", {}),
    ],
)
async def test_the_model_is_not_asked_where_a_rule_decides(text: str, fields: dict[str, object]):
    model = Fixed()
    decision = await addresser(model).decide(message(text, **fields), slash=False)
    assert (model.asked, decision.probability) == ([], None)


@pytest.mark.parametrize(("threshold", "reason"), [(0.6, Reason.MODEL), (0.7, Reason.MODEL), (0.71, Reason.NOT_ADDRESSED)])
async def test_a_message_is_answered_from_the_guilds_threshold_on(threshold: float, reason: Reason):
    decision = await addresser(Fixed(0.7), guild=OneGuild(addressing_threshold=threshold)).decide(message("and then?"), slash=False)
    assert (decision.reason, decision.probability, decision.threshold) == (reason, 0.7, threshold)
    assert decision.addressed is (reason is Reason.MODEL)


@pytest.mark.parametrize(("probability", "addressed"), [(0.89, False), (0.9, True)])
async def test_a_guild_that_never_decided_has_the_cautious_threshold(probability: float, addressed: bool):
    decision = await addresser(Fixed(probability)).decide(message("and then?"), slash=False)
    assert (decision.threshold, decision.addressed) == (0.9, addressed)


async def test_a_guild_can_switch_the_model_off():
    model = Fixed(1.0)
    decision = await addresser(model, guild=OneGuild(addressing_model=False)).decide(message("and then?"), slash=False)
    assert (decision.reason, decision.probability, model.asked) == (Reason.NOT_ADDRESSED, None, [])


async def test_the_same_message_is_decided_the_same_whatever_was_said_since():
    model = Fixed(0.95)
    hears, again = addresser(model), message("and then?")
    first = await hears.decide(again, slash=False)
    model.said = 0.1
    await hears.decide(message("who wants tea?", by="bob"), slash=False)
    assert await hears.decide(again, slash=False) == first
    assert len(model.asked) == 2


async def test_an_edited_message_is_judged_anew_by_what_was_said_before_it():
    model = Fixed()
    hears = addresser(model)
    edited = message("and then?")
    await hears.decide(edited, slash=False)
    hears.noted(guild_id="g", channel_id="c", user_id="bob", text="Tea.")
    edited.attempt, edited.text = 1, "and then what?"
    await hears.decide(edited, slash=False)
    assert model.last["heard"] == 0
    await hears.decide(message("oh"), slash=False)
    assert model.last["heard"] == 2


async def test_it_is_known_whom_the_assistant_spoke_to_and_how_long_ago():
    model = Fixed()
    hears = addresser(model)
    hears.noted(guild_id="g", channel_id="c", user_id="ann", text="Did it help?", at_s=NOON_S - 240)
    await hears.decide(message("it did"), slash=False)
    assert (model.last["own_to_me"], model.last["own_is_last"], model.last["own_minutes"], model.last["own_asks"]) == (1, 1, math.log1p(4), 1)
    await hears.decide(message("what did?", by="bob"), slash=False)
    assert (model.last["own_to_me"], model.last["own_to_other"], model.last["own_is_second"]) == (0, 1, 1)


async def test_it_is_known_that_others_address_the_author():
    model = Fixed()
    hears = addresser(model)
    await hears.decide(message("my cat is ill"), slash=False)
    await hears.decide(message("ann: since when?", by="bob"), slash=False)
    assert model.last["names_person"] == 1
    await hears.decide(message("since monday"), slash=False)
    assert (model.last["other_to_me_after_mine"], model.last_of("bob")["to_me"]) == (1, 1)


@pytest.mark.parametrize("fields", [{"mentioned_user_ids": ["ann"]}, {"replied_to": gateway_pb2.RepliedTo(message_id="r", author_id="ann")}])
async def test_a_mention_or_a_reply_addresses_as_a_name_does(fields: dict[str, object]):
    model = Fixed()
    hears = addresser(model)
    await hears.decide(message("my cat is ill"), slash=False)
    await hears.decide(message("since when?", by="bob", **fields), slash=False)
    assert model.last["names_person"] == 1
    await hears.decide(message("since monday"), slash=False)
    assert model.last["other_to_me_after_mine"] == 1


async def test_what_is_in_code_names_nobody():
    model = Fixed()
    hears = addresser(model)
    await hears.decide(message("my cat is ill"), slash=False)
    await hears.decide(message("`ann: parlour`", by="bob"), slash=False)
    assert (model.last["names_person"], model.last["names_inside"], model.last["names_assistant"]) == (0, 0, 0)


async def test_channels_are_heard_apart_from_each_other():
    async def judged(*, with_noise: bool) -> list[float]:
        model = Fixed()
        hears = addresser(model)
        for number in range(5):
            if with_noise:
                await hears.decide(message(f"noise {number}", by="ann", channel_id="elsewhere"), slash=False)
                hears.noted(guild_id="g", channel_id="elsewhere", user_id="ann", text="Noise?")
            await hears.decide(message(f"number {number}", by="ann" if number % 2 else "bob"), slash=False)
        return model.asked[-1]

    assert await judged(with_noise=True) == await judged(with_noise=False)


async def test_what_is_kept_is_bounded():
    hears = addresser(Fixed(), addressing_messages_max=7, addressing_channels_max=3, addressing_decisions_max=11)
    for number in range(60):
        await hears.decide(message("hm", by=f"person {number}", channel_id=f"c{number // 12}"), slash=False)
        hears.noted(guild_id="g", channel_id=f"c{number // 12}", user_id=f"person {number}", text="Hm.")
    assert (len(hears._talks), len(hears._last)) == (3, 11)
    talks = [hears._talks.peek(place) for place in hears._talks]
    assert [len(talk) for talk in talks if talk is not None] == [7, 7, 7]
    assert all(len(talk._names) <= 14 for talk in talks if talk is not None)


async def test_nothing_is_kept_of_direct_messages_but_the_last_decision():
    hears = addresser(Fixed())
    await hears.decide(message("hello", guild_id=""), slash=False)
    hears.noted(guild_id="", channel_id="c", user_id="ann", text="Hello.")
    assert len(hears._talks) == 0


def everything_in(root: object) -> Iterator[object]:
    seen, waiting = {id(root)}, [root]
    while waiting:
        one = waiting.pop()
        yield one
        for held in gc.get_referents(one):
            if id(held) not in seen and not isinstance(held, type) and type(held).__name__ not in ("module", "function"):
                seen.add(id(held))
                waiting.append(held)


async def test_no_word_that_was_said_and_no_name_is_kept():
    hears = addresser(Fixed(), assistant_name="parlour")
    said = message("Xylophone: a zeppelin, ann", by="ann", user_name="Quagmire")
    await hears.decide(said, slash=False)
    hears.noted(guild_id="g", channel_id="c", user_id="ann", text="A zeppelin?")
    kept = [one for held in (hears._talks, hears._last) for one in everything_in(held) if isinstance(one, str | bytes)]
    assert said.message_id in kept
    assert [one for one in map(str, kept) if any(word in one.casefold() for word in ("xylophone", "zeppelin", "quagmire"))] == []


async def test_decisions_are_counted_by_what_decided():
    def counted(reason: str) -> float:
        return REGISTRY.get_sample_value("parlour_gateway_addressing_decisions_total", {"reason": reason}) or 0.0

    before = counted("name"), counted("not_addressed")
    hears = addresser(Fixed())
    await hears.decide(message("parlour, hello"), slash=False)
    await hears.decide(message("hello"), slash=False)
    assert (counted("name"), counted("not_addressed")) == (before[0] + 1, before[1] + 1)


async def test_the_last_message_of_a_person_is_explained():
    hears = addresser(Fixed(0.34), guild=OneGuild(addressing_threshold=0.6))
    asked = message("and then?")
    await hears.decide(asked, slash=False)
    explained = hears.explain(asked_about())
    assert (explained.known, explained.message_id, explained.addressed, explained.reason) == (True, asked.message_id, False, "not_addressed")
    assert (explained.probability, explained.threshold) == (0.34, 0.6)
    assert explained.text.startswith("Nobody was named; it looked 34 % likely that you meant me, and here I answer from 60 %.")


async def test_who_was_never_heard_is_told_so():
    hears = addresser(Fixed())
    await hears.decide(message("hello"), slash=False)
    for request in (asked_about("bob"), asked_about(channel="elsewhere")):
        explained = hears.explain(request)
        assert not explained.known
        assert explained.text
        assert not explained.HasField("probability")


async def test_commands_and_the_question_itself_are_not_what_is_explained():
    hears = Addresser(OneGuild(), settings(), model=Fixed(), asks_why=lambda text: text == "why?", clock=lambda: 0.0)
    await hears.decide(message("hello there"), slash=False)
    await hears.decide(message("/why"), slash=True)
    await hears.decide(message("parlour, why?"), slash=False)
    assert hears.explain(asked_about()).reason == "not_addressed"
    await hears.decide(message("parlour, why not?"), slash=False)
    assert hears.explain(asked_about()).reason == "name"


def test_a_message_that_was_heard_before_is_noted_in_its_place():
    talk = ChannelTalk(5)
    for number in (1, 2, 3):
        talk.note(Heard(number, f"u{number}", 0, None, False))
    talk.note(Heard(2, "u2", 0, None, False, {ASSISTANT: 1.0}))
    assert [(heard.message, heard.likely) for heard in talk.before(0)] == [(3, {}), (2, {ASSISTANT: 1.0}), (1, {})]
    assert [heard.message for heard in talk.before(2)] == [1]


PEOPLE = {"ann": "1", "bob the builder": "2", "bob": "2", "emil": "3", "will": "4"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ann: hi", Named(addressed="1", mentioned="1")),
        ("@Ann, hi", Named(addressed="1", mentioned="1")),
        ("ann_: hi", Named(addressed="1", mentioned="1")),
        ("Bob the Builder: hi", Named(addressed="2", mentioned="2")),
        ("hi, said Bob", Named(mentioned="2")),
        ("emil did you see that?", Named(addressed="3", mentioned="3")),
        ("what do you mean, Emil?", Named(addressed="3", mentioned="3")),
        ("any news emil", Named(addressed="3", mentioned="3")),
        ("I met Emil yesterday in the rain", Named(mentioned="3")),
        ("will it rain?", Named(mentioned="4")),
        ("carl: hi", Named(addresses_unknown=True)),
        ("@carl hi", Named()),
        ("@carl, hi", Named(addresses_unknown=True)),
        ("ok, thanks", Named()),
        ("thanks parlour", Named(mentions_assistant=True)),
        ("parlourmaids: come", Named(addresses_unknown=True)),
        ("what is that", Named()),
        ("http://x.org/a", Named()),
        ("12:30 is fine", Named()),
    ],
)
def test_names_are_found_where_they_stand(text: str, named: Named):
    keys = {hash(name): person for name, person in PEOPLE.items()}
    assert named_in(text, assistant=assistant_pattern("parlour"), find=keys.get, is_common="will".__eq__) == named


@given(st.text(max_size=400))
def test_any_text_has_names_cues_and_a_fingerprint(text: str):
    named_in(text, assistant=assistant_pattern("parlour"), find=lambda key: None)
    assert len(cues_of(text).found) == len(CUES)
    assert all(0 <= number < NUMBERS for number in fingerprint(text))


@pytest.mark.timeout(60)
def test_a_hostile_text_keeps_nobody_busy():
    """Names are looked for in time that grows as the text does: where it grows with its square, this one takes minutes."""
    text = "x emil " + "," * 200_000 + "." * 200_000 + "x"
    assert named_in(text, assistant=assistant_pattern("parlour"), find={hash("emil"): "3"}.get) == Named(mentioned="3")


def weigh_common(one: str, other: str, weights: Weights | None = None) -> float:
    (shared,) = in_common(frozenset(fingerprint(one)), [fingerprint(other)], weights or {})
    return shared


def test_words_in_common_weigh_the_more_the_rarer_they_are():
    (would,) = fingerprint("would")
    assert weigh_common("the printer would not start", "Which printer? What would it do?", {would: 1.5}) == RARE + 1.5
    assert weigh_common("reinstalled grub", "reinstall it") == RARE
    assert weigh_common("good morning", "") == 0


def heard(*authors: str) -> list[Heard]:
    return [Heard(number + 1, author, 10, None, False) for number, author in enumerate(authors)]


@given(st.lists(st.sampled_from(["ann", "bob", "carl", ASSISTANT]), max_size=30), st.integers(-5, 500))
def test_any_talk_is_measured(authors: list[str], minute: int):
    talk = Talk.before(Said("ann", minute, cues_of("hm?")), heard(*authors), {})
    candidates = candidates_of(talk)
    assert set(candidates.ids) == set(authors) - {"ann"}
    assert all(len(row) == len(CANDIDATE_FEATURES) for row in candidates.rows)
    assert len(candidates.nobody) == len(NOBODY_FEATURES)
    values = measure(talk, candidates, dict.fromkeys(candidates.ids, 0.1))
    assert len(values) == len(FEATURES)
    assert all(value == value and abs(value) <= 1000 for value in values)


def weights(**of_candidate: float) -> AddresseeModel:
    return AddresseeModel(tuple(of_candidate.get(name, 0.0) for name in CANDIDATE_FEATURES), (0.0,) * len(NOBODY_FEATURES))


@given(st.lists(st.sampled_from(["ann", "bob", "carl", "dora", ASSISTANT]), max_size=30), st.floats(-900, 900))
def test_everybody_is_meant_with_some_probability_and_nobody_with_the_rest(authors: list[str], weight: float):
    likely = weights(age=weight).likely(candidates_of(Talk.before(Said("ann", 10, cues_of("hm?")), heard(*authors), {})))
    assert set(likely) == set(authors) - {"ann"}
    assert all(0 <= share <= 1 for share in likely.values())
    assert sum(likely.values()) <= 1 + 1e-9


def test_whom_the_weights_favour_is_the_likeliest():
    candidates = candidates_of(Talk.before(Said("ann", 10, cues_of("hm?")), heard("bob", "carl"), {}))
    likely = weights(is_last=2.0).likely(candidates)
    assert likely["bob"] == pytest.approx(math.e**2 / (math.e**2 + 2))
    assert likely["carl"] == pytest.approx(1 / (math.e**2 + 2))


def test_only_so_many_are_thought_of_and_the_assistant_always():
    candidates = candidates_of(Talk.before(Said("ann", 10, cues_of("hm?")), heard(*(f"u{number}" for number in range(20)), ASSISTANT), {}))
    assert candidates.ids == (*(f"u{number}" for number in range(PEOPLE_MAX)), ASSISTANT)


@given(st.dictionaries(st.sampled_from(["bob", "carl", "dora", "emil", ASSISTANT]), st.floats(0, 0.2)), st.floats(0, 1))
def test_what_is_kept_of_addressees_agrees_with_what_is_known_of_the_assistant(likely: dict[str, float], probability: float):
    kept = settled(likely, probability)
    assert kept[ASSISTANT] == probability
    assert sum(kept.values()) <= 1 + 1e-9
    assert len(kept) <= KEPT_MAX


async def test_whom_a_message_was_likely_meant_for_is_known_of_the_next_one():
    model = Fixed(0.25, bob=0.6)
    hears = addresser(model)
    await hears.decide(message("my cat is ill", by="bob"), slash=False)
    await hears.decide(message("since when?"), slash=False)
    await hears.decide(message("since monday", by="bob"), slash=False)
    assert model.last_of("ann")["last_likely"] == pytest.approx(0.45)
    await hears.decide(message("that is bad"), slash=False)
    assert model.last_of("bob")["my_last_likely"] == pytest.approx(0.45)


async def test_whom_the_assistant_spoke_to_is_guessed_where_it_named_nobody():
    model = Fixed(0.0, ann=0.7)
    hears = addresser(model)
    await hears.decide(message("my cat is ill"), slash=False)
    hears.noted(guild_id="g", channel_id="c", user_id="", text="Since when?")
    await hears.decide(message("since monday"), slash=False)
    assert (model.last["own_to_me"], model.last["own_last_likely"]) == (0, pytest.approx(0.7))
