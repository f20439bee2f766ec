"""Is a message meant for the assistant? By the state of the talk, kept without a word of it."""

import gc
from collections.abc import Iterator, Sequence

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.addresser import Addresser
from services.gateway.addressing.channel_talk import ASSISTANT, ChannelTalk, Heard
from services.gateway.addressing.cues import CUES, cues_of
from services.gateway.addressing.features import FEATURES, Said, measure
from services.gateway.addressing.fingerprints import fingerprint, in_common
from services.gateway.addressing.names import Named, assistant_pattern, named_in
from services.gateway.addressing.rules import Reason
from services.gateway.settings import GatewaySettings

NOON_S = 1_800_000_000


class OneGuild:
    """A guild that decided what a test says."""

    def __init__(self, **settings: object) -> None:
        self.settings = conversation_pb2.GuildSettings(guild_id="g", **settings)  # type: ignore[arg-type]

    async def get(self, guild_id: str) -> conversation_pb2.GuildSettings:
        return self.settings


class Fixed:
    """A model that always says the same, and keeps what it was asked."""

    threshold = 0.4
    cautious_threshold = 0.9
    typical = tuple(0.0 for _ in FEATURES)

    def __init__(self, probability: float = 0.5) -> None:
        self.said = probability
        self.asked: list[list[float]] = []

    def probability(self, values: Sequence[float]) -> float:
        self.asked.append(list(values))
        return self.said

    def log_odds(self, values: Sequence[float]) -> float:
        return 0.0

    @property
    def last(self) -> dict[str, float]:
        return dict(zip(FEATURES, self.asked[-1], strict=True))


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
    assert (model.last["own_to_me"], model.last["own_to_me_age"], model.last["own_to_me_minutes"], model.last["own_asks"]) == (1, 0, 4, 1)
    await hears.decide(message("what did?", by="bob"), slash=False)
    assert (model.last["own_to_me"], model.last["own_to_other"], model.last["own_age"]) == (0, 1, 1)


async def test_it_is_known_that_others_address_the_author():
    model = Fixed()
    hears = addresser(model)
    await hears.decide(message("my cat is ill"), slash=False)
    await hears.decide(message("ann: since when?", by="bob"), slash=False)
    assert model.last["names_person"] == 1
    await hears.decide(message("since monday"), slash=False)
    assert (model.last["other_to_me_after_mine"], model.last["previous_to_me"]) == (1, 1)


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
        talk.note(Heard(number, f"u{number}", 0, None, False, 0.0))
    talk.note(Heard(2, "u2", 0, None, False, 1.0))
    assert [(heard.message, heard.probability) for heard in talk.before(0)] == [(3, 0.0), (2, 1.0), (1, 0.0)]
    assert [heard.message for heard in talk.before(2)] == [1]


PEOPLE = {"ann": "1", "bob the builder": "2", "bob": "2"}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ann: hi", Named(addressed="1", mentioned="1")),
        ("@Ann, hi", Named(addressed="1", mentioned="1")),
        ("ann_: hi", Named(addressed="1", mentioned="1")),
        ("Bob the Builder: hi", Named(addressed="2", mentioned="2")),
        ("hi, said Bob", Named(mentioned="2")),
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
    assert named_in(text, assistant=assistant_pattern("parlour"), find=keys.get) == named


@given(st.text(max_size=400))
def test_any_text_has_names_cues_and_a_fingerprint(text: str):
    named_in(text, assistant=assistant_pattern("parlour"), find=lambda key: None)
    assert len(cues_of(text).found) == len(CUES)
    assert fingerprint(text) >= 0


def test_words_in_common_are_counted_and_everyday_words_are_not():
    assert in_common(fingerprint("the printer would not start"), fingerprint("Which printer? What would it do?")) == 1
    assert in_common(fingerprint("reinstalled grub"), fingerprint("reinstall it")) == 1
    assert in_common(fingerprint("good morning"), fingerprint("")) == 0


def heard(*authors: str) -> list[Heard]:
    return [Heard(number + 1, author, 10, None, False, 0.0) for number, author in enumerate(authors)]


@given(st.lists(st.sampled_from(["ann", "bob", "carl", ASSISTANT]), max_size=30), st.integers(-5, 500))
def test_any_talk_is_measured(authors: list[str], minute: int):
    values = measure(Said("ann", minute, cues_of("hm?")), heard(*authors))
    assert len(values) == len(FEATURES)
    assert all(value == value and abs(value) <= 1000 for value in values)


def test_turns_are_counted_with_the_assistant_and_with_the_other_person_where_it_is_most():
    values = dict(zip(FEATURES, measure(Said("ann", 10, cues_of("hm")), heard("ann", ASSISTANT, "ann", "bob", "ann", "bob")), strict=True))
    assert (values["turns_with_assistant"], values["turns_with_other"]) == (2, 3)
