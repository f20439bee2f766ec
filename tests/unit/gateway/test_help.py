"""/help and /privacy say what holds in a guild, and to moderators what is theirs."""

from parlour.conversation.v1 import conversation_pb2
from services.gateway.commands.help import help_text
from services.gateway.commands.privacy_answers import explained
from services.gateway.notices import WORDS

GuildSettings = conversation_pb2.GuildSettings


def test_help_is_short_and_grouped():
    text = help_text(GuildSettings(), in_guild=True, may_moderate=True)
    assert len(text) <= 1500
    assert all(line.startswith("**") for line in text.splitlines())


def test_only_moderators_are_told_of_what_is_theirs():
    assert WORDS["help_moderators"] in help_text(GuildSettings(), in_guild=True, may_moderate=True)
    assert WORDS["help_moderators"] not in help_text(GuildSettings(), in_guild=True, may_moderate=False)
    assert WORDS["help_moderators"] not in help_text(GuildSettings(), in_guild=False, may_moderate=True)


def test_help_names_a_fresh_start_only_to_who_may_have_one():
    assert WORDS["help_reset"] in help_text(GuildSettings(), in_guild=False, may_moderate=False)
    assert WORDS["help_reset"] not in help_text(GuildSettings(), in_guild=True, may_moderate=False)


def test_help_leaves_out_what_the_guild_does_without():
    assert WORDS["help_summary"] not in help_text(GuildSettings(summaries=False), in_guild=True, may_moderate=False)
    assert WORDS["help_summary"] in help_text(GuildSettings(), in_guild=True, may_moderate=False)


def test_privacy_says_how_long_a_guild_keeps_messages():
    assert "messages for 30 days" in explained(GuildSettings(retention_days=30))
    assert "messages for 1 day," in explained(GuildSettings(retention_days=1))
    assert WORDS["privacy_forever"] in explained(GuildSettings())


def test_privacy_says_what_a_guild_keeps():
    assert WORDS["privacy_learned"] in explained(GuildSettings(extraction=True))
    assert WORDS["privacy_learned"] not in explained(GuildSettings(extraction=False))
    assert WORDS["privacy_context"] in explained(GuildSettings(channel_context=True))
    assert WORDS["privacy_context"] not in explained(GuildSettings())


def test_privacy_names_the_four_ways():
    assert all(way in explained(GuildSettings()) for way in ("/privacy export", "/privacy opt-out", "/privacy opt-in", "/privacy erase"))
