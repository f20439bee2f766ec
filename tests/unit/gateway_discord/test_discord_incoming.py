from datetime import datetime, timedelta, timezone

import nextcord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.api import api_base
from services.gateway.discord.clean_text import clean
from services.gateway.discord.incoming import TEXT_MAX, edited_at_of, quoted, said
from services.gateway.discord.settings import DiscordSettings
from services.gateway.discord.writers import nonce_for

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<@1> hello", "hello"),
        ("hello <@!1>", "hello"),
        ("hello <@1> there", "hello there"),
        ("<@&9>, please", ", please"),
        ("<@1>", ""),
        ("ask <@2> in <#3>", "ask @ben in #general"),
        ("ask <@77>", "ask <@77>"),
        ("<@2> look! <@!1> what is it?", "@ben look! <@1> what is it?"),
        ("<@2> look:\n<@&9> what is it?", "@ben look:\n<@9> what is it?"),
        ("good morning. <@1>", "good morning."),
        ("<@1> what is it? <@2> look! <@1> and why?", "<@1> what is it? @ben look! <@1> and why?"),
        ("code:\n    indented", "code:\n    indented"),
    ],
)
def test_mentions_of_the_assistant_are_taken_out_and_others_are_names(content: str, words: str) -> None:
    assert said(content, addressed=frozenset({"@1", "@&9"}), names={"@2": "@ben", "#3": "#general"}) == words


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_can_be_put_into_a_message(text: str) -> None:
    message = gateway_pb2.IncomingMessage(text=said(text, addressed=NOBODY, names={}))
    assert "\x00" not in message.text


def test_lone_surrogates_and_control_characters_go_and_pairs_stay() -> None:
    assert clean("a\ud800b\x00\x07c\td\r\ne") == "a\ufffdbc\td\ne"
    assert clean("\ud83d\ude00") == "😀"


def test_a_text_of_any_length_is_cut_to_what_a_message_takes() -> None:
    assert len(said("x" * 10_000, addressed=NOBODY, names={})) == TEXT_MAX


@pytest.mark.parametrize("url", ["http://x:1", "http://x:1/", "http://x:1/api", "http://x:1/api/v10", "http://x:1/api/v10/"])
def test_an_api_address_may_leave_its_path_out(url: str) -> None:
    assert api_base(url) == "http://x:1/api/v10"


def test_nonces_are_stable_distinct_and_short_enough() -> None:
    assert nonce_for("1", 0) == nonce_for("1", 0)
    assert len({nonce_for("1", 0), nonce_for("1", 1), nonce_for("2", 0)}) == 3
    assert len(nonce_for("9" * 64, 99)) <= 25


@pytest.mark.parametrize(("written", "ids"), [("", []), ("0", [0]), ("0,2-4", [0, 2, 3, 4])])
def test_shard_ids_are_written_as_numbers_and_ranges(written: str, ids: list[int]) -> None:
    assert DiscordSettings(discord_shard_ids=written, discord_shard_count=5).shard_ids() == ids  # type: ignore[call-arg]


@pytest.mark.parametrize(("written", "count"), [("5", 5), ("0", 0), ("a", 5), ("1-", 5)])
def test_shards_that_do_not_fit_are_refused(written: str, count: int) -> None:
    with pytest.raises(ValueError, match="shard"):
        DiscordSettings(discord_shard_ids=written, discord_shard_count=count)  # type: ignore[call-arg]


def test_of_a_message_whose_author_is_not_told_only_the_id_is_quoted() -> None:
    unread = nextcord.Message.__new__(nextcord.Message)  # as nextcord leaves it when the author has no id
    unread.id = 7
    assert quoted(unread, bot_id=1) == gateway_pb2.RepliedTo(message_id="7")


def test_an_edit_before_the_first_day_is_none() -> None:
    assert edited_at_of(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))) == ""
