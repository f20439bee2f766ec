"""The shipped addressing model: what its file holds, what its card says, and how it judges plain cases; and the arithmetic beside it."""

import hashlib
import json
import math

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from parlour.conversation.v1 import conversation_pb2
from parlour.gateway.v1 import gateway_pb2
from services.gateway.addressing.addressees import AddresseeModel
from services.gateway.addressing.addresser import Addresser
from services.gateway.addressing.explanation import explain
from services.gateway.addressing.features import FEATURES
from services.gateway.addressing.forest import Forest, Tree
from services.gateway.addressing.meanings import MEANINGS_FILE, shipped_meanings
from services.gateway.addressing.model import MODEL_FILE, AddressingModel, ModelUnreadable, read_model, shipped_model
from services.gateway.addressing.rules import Reason
from services.gateway.settings import GatewaySettings

CARD = MODEL_FILE.with_name("MODEL_CARD.md")
NOON_S = 1_800_000_000
BYTES_MAX = 30_000
MEANINGS_BYTES_MAX = 2_000_000

values = st.lists(st.integers(0, 60).map(float), min_size=len(FEATURES), max_size=len(FEATURES))


def test_the_model_is_what_its_card_says():
    text, card = MODEL_FILE.read_bytes(), CARD.read_text()
    model = shipped_model()
    assert hashlib.sha256(text).hexdigest() in card
    assert hashlib.sha256(MEANINGS_FILE.read_bytes()).hexdigest() in card
    assert f"**{model.threshold}**" in card
    assert f"**{model.cautious_threshold}**" in card
    assert f"({len(model.trees)} of at most" in card
    assert f"over {len(FEATURES)} numbers" in card


def test_the_card_names_the_licence_and_who_is_to_be_credited():
    card = CARD.read_text()
    for credited in (
        "CC BY 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
        "Kummerfeld",
        "ACL 2019",
        "Gouravajhala",
        "ALTA 2023",
        "Changes made",
    ):
        assert credited in card


def test_the_model_is_small():
    assert len(MODEL_FILE.read_bytes()) <= BYTES_MAX
    assert len(MEANINGS_FILE.read_bytes()) <= MEANINGS_BYTES_MAX


def test_a_guild_that_never_decided_is_answered_more_cautiously():
    model = shipped_model()
    assert 0 < model.threshold < model.cautious_threshold < 1


def test_a_model_for_other_features_is_refused():
    stored = json.loads(MODEL_FILE.read_text())
    stored["features"][0] = "something_else"
    with pytest.raises(ModelUnreadable):
        read_model(json.dumps(stored), shipped_meanings())


@pytest.mark.parametrize("weights", ["candidate", "nobody"])
def test_weights_for_other_numbers_are_refused(weights: str):
    stored = json.loads(MODEL_FILE.read_text())
    stored["addressees"][weights]["something_else"] = 1.0
    with pytest.raises(ModelUnreadable):
        read_model(json.dumps(stored), shipped_meanings())


def test_a_tree_is_walked_by_its_values():
    tree = (0, 1.5, -1.0, (1, 0.0, 2.0, 3.0))
    model = AddressingModel({}, shipped_meanings(), AddresseeModel((), ()), 0.5, (tree, tree), 0.4, 0.9, (0.0, 0.0))
    assert [model.log_odds(two) for two in ((1.5, 9.0), (2.0, 0.0), (2.0, 0.1))] == [-1.5, 4.5, 6.5]
    assert model.probability((1.5, 9.0)) == pytest.approx(1 / (1 + math.exp(1.5)))


def walked(tree: Tree, measured: list[float]) -> float:
    while isinstance(tree, tuple):
        feature, highest_left, left, right = tree
        tree = left if measured[feature] <= highest_left else right
    return tree


def trees(leaves: int) -> st.SearchStrategy[Tree]:
    leaf = st.integers(-5, 5).map(float)
    if leaves == 1:
        return leaf
    grown = st.tuples(st.integers(0, 2), st.integers(0, 3).map(float), trees(leaves - leaves // 2), trees(leaves // 2))
    return leaf | grown


@given(st.lists(trees(8), max_size=5), st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0]), min_size=3, max_size=3))
def test_the_forest_answers_what_walking_each_tree_does(grown: list[Tree], measured: list[float]):
    assert Forest(grown).total(measured, 0.5) == 0.5 + sum(walked(tree, measured) for tree in grown)


def test_a_tree_with_too_many_leaves_is_refused():
    with pytest.raises(ValueError, match="9 leaves"):
        Forest([(0, 1.0, (0, 0.0, (1, 0.0, 1.0, 2.0), (1, 1.0, 3.0, 4.0)), (0, 2.0, (1, 2.0, 5.0, 6.0), (1, 3.0, 7.0, (1, 4.0, 8.0, 9.0))))])


@given(values)
def test_a_probability_is_one(measured: list[float]):
    assert 0 < shipped_model().probability(measured) < 1


@given(values)
def test_its_name_never_makes_it_less_likely_that_the_assistant_is_meant(measured: list[float]):
    position = FEATURES.index("names_assistant")
    without, named = [*measured], [*measured]
    without[position], named[position] = 0.0, 1.0
    assert shipped_model().probability(named) >= shipped_model().probability(without)


@given(values, st.sampled_from(["names_person", "names_unknown"]))
def test_addressing_somebody_else_never_makes_it_more_likely(measured: list[float], name: str):
    position = FEATURES.index(name)
    without, named = [*measured], [*measured]
    without[position], named[position] = 0.0, 1.0
    assert shipped_model().probability(named) <= shipped_model().probability(without)


class OneGuild:
    """A guild that takes the threshold where F1 is best."""

    async def get(self, guild_id: str) -> conversation_pb2.GuildSettings:
        return conversation_pb2.GuildSettings(guild_id=guild_id, addressing_threshold=shipped_model().threshold)


class Room:
    """A channel in which people and the assistant talk, a minute a message."""

    def __init__(self) -> None:
        addresses = dict.fromkeys(("credit_address", "memory_address", "conversation_address"), "127.0.0.1:1")
        self._addresser = Addresser(OneGuild(), GatewaySettings(**addresses, assistant_name="parlour"))  # type: ignore[arg-type]
        self._said = 0

    async def says(self, user: str, text: str, **fields: object) -> float:
        """Return how likely it is that a message is meant for the assistant."""
        self._said += 1
        message = gateway_pb2.IncomingMessage(
            **{"message_id": str(self._said), "guild_id": "g", "channel_id": "c", "user_id": user, "user_name": user, "text": text} | fields,  # type: ignore[arg-type]
            create_time=Timestamp(seconds=NOON_S + 60 * self._said),
        )
        decision = await self._addresser.decide(message, slash=False)
        return float(decision.addressed) if decision.probability is None else decision.probability

    def answers(self, user: str, text: str) -> None:
        self._said += 1
        self._addresser.noted(guild_id="g", channel_id="c", user_id=user, text=text, at_s=NOON_S + 60 * self._said)

    async def is_being_helped(self, user: str) -> None:
        """Somebody asks the assistant by name and is answered, twice."""
        await self.says(user, "parlour, my printer does not print, what can I do?")
        self.answers(user, "Is the printer switched on, and does the cable sit?")
        await self.says(user, "parlour: yes, both")
        self.answers(user, "Then install the driver anew. Does the printer show an error?")


async def test_who_goes_on_after_an_answer_is_understood_to_mean_the_assistant():
    room = Room()
    await room.is_being_helped("ann")
    assert await room.says("ann", "yes, the printer shows error 50") >= shipped_model().cautious_threshold


async def test_who_greets_the_channel_meanwhile_is_not():
    room = Room()
    await room.is_being_helped("ann")
    assert await room.says("bob", "hi all, anyone here for a game tonight?") < shipped_model().threshold / 2


async def test_who_speaks_where_the_assistant_never_spoke_is_not():
    room = Room()
    for _ in range(4):
        await room.says("bob", "what a game yesterday")
        assert await room.says("ann", "yes, it was great") < shipped_model().threshold / 2


async def test_who_turns_to_somebody_else_is_not():
    room = Room()
    await room.says("bob", "any news?")
    await room.is_being_helped("ann")
    assert await room.says("ann", "bob: no news, my printer is broken") < shipped_model().threshold / 2
    assert await room.says("ann", "no news", replied_to=gateway_pb2.RepliedTo(message_id="1", author_id="bob")) < shipped_model().threshold / 2


async def test_who_talks_with_somebody_that_the_assistant_helps_does_not_mean_it_though_they_name_nobody():
    room = Room()
    await room.is_being_helped("ann")
    await room.says("bob", "ann: did you see the match?")
    for answer, question in (
        ("yes, it was great", "who played in goal?"),
        ("the tall one from last year", "and he stays?"),
        ("until summer", "good"),
    ):
        await room.says("ann", answer)
        assert await room.says("bob", question) < shipped_model().threshold / 4


async def test_in_most_talk_nobody_means_the_assistant():
    room = Room()
    await room.is_being_helped("ann")
    for number in range(30):
        last = await room.says(("bob", "carl", "dora")[number % 3], "I think that the second season was better")
    assert last < shipped_model().threshold / 4


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in (Reason.MODEL, Reason.NOT_ADDRESSED)])
def test_every_rule_has_words(reason: Reason):
    text = explain(reason, None, None, (), shipped_model())
    assert text.endswith(".")
    assert "%" not in text


def test_without_the_model_one_is_told_what_to_do():
    assert "mention me" in explain(Reason.NOT_ADDRESSED, None, None, (), shipped_model())


@given(values, st.floats(0, 1), st.floats(0.01, 1))
def test_the_percentages_never_contradict_what_was_decided(measured: list[float], probability: float, threshold: float):
    reason = Reason.MODEL if probability >= threshold else Reason.NOT_ADDRESSED
    text = explain(reason, probability, threshold, measured, shipped_model())
    likely = float(text.split("it looked ")[1].split(" %")[0])
    needed = float(text.split("I answer from ")[1].split(" %")[0])
    assert (likely >= needed) is (reason is Reason.MODEL) or abs(probability - threshold) < 1e-5


async def test_an_explanation_says_what_pulled_most():
    room = Room()
    await room.is_being_helped("ann")
    await room.says("ann", "yes, the printer shows error 50")
    text = room._addresser.explain(gateway_pb2.ExplainAddressingRequest(guild_id="g", channel_id="c", user_id="ann")).text
    assert "mostly because I had just been talking with you" in text
