"""The commands on a guild's settings, as they are typed, against a fake channel."""

import json

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from parlour.conversation.v1 import conversation_pb2 as pb

pytestmark = pytest.mark.timeout(20)
SINCE = Timestamp(seconds=1_767_225_600)  # 2026-01-01


def settings(version: int = 1, **fields) -> pb.GuildSettings:
    decided = {"guild_id": "g1", "addressing_threshold": 0.5, "extraction": True, "version": version, "update_time": SINCE if version else None}
    return pb.GuildSettings(**decided | fields)


def read(found: pb.GuildSettings) -> tuple[str, pb.GetGuildSettingsResponse]:
    return "GetGuildSettings", pb.GetGuildSettingsResponse(settings=found)


def stored(found: pb.GuildSettings) -> tuple[str, pb.UpdateGuildSettingsResponse]:
    return "UpdateGuildSettings", pb.UpdateGuildSettingsResponse(settings=found)


def test_settings_are_shown_and_what_is_a_default_is_said_to_be_one(settings_typed):
    settings_typed.run("settings show g1", read(settings(7, rules="Be kind.\n[bold]No\x1b[2J spoilers.", images=False, retention_days=90)))
    (request,) = settings_typed.requests
    assert request.guild_id == "g1"
    shown = settings_typed.shown
    lines = {line.split("│")[1].strip(): line.split("│")[2].strip() for line in shown.splitlines() if line.count("│") == 3}
    assert lines["images"] == "off"
    assert lines["summaries"] == "on (default)"
    assert lines["retention-days"] == "90"
    assert lines["channel-context"] == "off"
    assert "[bold]No[2J spoilers." in shown
    assert "\x1b" not in shown
    assert "Version 7, of 2026-01-01 00:00." in shown


def test_a_guild_that_decided_nothing_is_said_to_have(settings_typed):
    settings_typed.run("settings show g1", read(settings(0)))
    assert "never decided anything" in settings_typed.shown
    assert "messages are kept" in settings_typed.shown


def test_settings_are_read_by_a_program(settings_typed):
    settings_typed.run("settings show g1 --json", read(settings(rules="no\x9b2J")))
    found = json.loads(settings_typed.shown)
    assert (found["rules"], found["version"], "images" in found) == ("no\x9b2J", "1", False)


def test_what_is_not_named_stays_as_it_is(settings_typed):
    before = settings(3, rules="Be kind.", summaries=False)
    after = settings(4, rules="Be kind.", retention_days=30, images=False)
    settings_typed.run("settings set g1 --retention-days 30 --images off --summaries default", read(before), stored(after))
    _, request = settings_typed.requests
    expected = settings(3, rules="Be kind.", retention_days=30, images=False)
    assert request.settings == expected
    assert request.request_id
    assert settings_typed.shown.splitlines() == [
        "retention-days: messages are kept → 30",
        "summaries: off → on (default)",
        "images: on (default) → off",
    ]


def test_a_list_is_put_in_place_of_the_one_that_is_set(settings_typed):
    before = settings(3, ignored_user_ids=["7"], answered_channel_ids=["1"])
    after = settings(4, answered_channel_ids=["2", "3"])
    settings_typed.run("settings set g1 --answered-channel-ids '2, 3' --ignored-user-ids ''", read(before), stored(after))
    assert settings_typed.requests[-1].settings == settings(3, answered_channel_ids=["2", "3"])
    assert settings_typed.shown.splitlines() == ["answered-channel-ids: 1 → 2, 3", "ignored-user-ids: 7 → none"]


def test_a_threshold_that_nobody_decided_is_shown_as_the_default(settings_typed):
    settings_typed.run("settings show g1", read(settings(1, addressing_threshold=0)))
    assert "the default" in settings_typed.shown


def test_an_edit_by_somebody_else_is_read_and_kept(settings_typed):
    faster = settings(4, rules="Be quick.")
    answers = [
        read(settings(3)),
        ("UpdateGuildSettings", grpc.StatusCode.ABORTED),
        read(faster),
        stored(settings(5, rules="Be quick.", extraction=False)),
    ]
    settings_typed.run("settings set g1 --extraction off", *answers)
    assert settings_typed.requests[-1].settings == settings(4, rules="Be quick.", extraction=False)


def test_after_some_tries_the_person_is_told(settings_typed):
    answers = [each for _ in range(5) for each in (read(settings(3)), ("UpdateGuildSettings", grpc.StatusCode.ABORTED))]
    with pytest.raises(grpc.RpcError):
        settings_typed.run("settings set g1 --extraction off", *answers)


def test_a_refusal_is_not_tried_again(settings_typed):
    with pytest.raises(grpc.RpcError):
        settings_typed.run("settings set g1 --rules '</rules>'", read(settings(3)), ("UpdateGuildSettings", grpc.StatusCode.INVALID_ARGUMENT))
    assert len(settings_typed.requests) == 2


def test_what_is_so_already_is_not_sent(settings_typed):
    settings_typed.run("settings set g1 --rules 'Be kind.'", read(settings(3, rules="Be kind.")))
    assert settings_typed.shown == "Nothing to change: it is so already.\n"


def test_the_history_says_what_each_version_changed(settings_typed):
    versions = [settings(3, images=False, rules="y" * 200), settings(2, images=False), settings(1)]
    settings_typed.run("settings history g1 --limit 2", ("ListGuildSettingsVersions", pb.ListGuildSettingsVersionsResponse(versions=versions)))
    (request,) = settings_typed.requests
    assert request.page_size == 3
    shown = settings_typed.shown
    assert f"rules: none → {'y' * 80}…" in shown
    assert "images: on (default) → off" in shown
    assert shown.count("2026-01-01 00:00") == 2


def test_the_first_version_of_all_is_shown_whole(settings_typed):
    versions = [settings(1, retention_days=7)]
    settings_typed.run("settings history g1", ("ListGuildSettingsVersions", pb.ListGuildSettingsVersionsResponse(versions=versions)))
    for line in ("retention-days: 7", "summaries: on (default)", "extraction: on"):
        assert line in settings_typed.shown


def test_a_long_history_is_read_page_by_page(settings_typed):
    pages = [
        pb.ListGuildSettingsVersionsResponse(versions=[settings(number) for number in range(121, 21, -1)], next_page_token="22"),
        pb.ListGuildSettingsVersionsResponse(versions=[settings(21)], next_page_token="21"),
    ]
    settings_typed.run("settings history g1 --limit 100", *(("ListGuildSettingsVersions", page) for page in pages))
    assert [(request.page_size, request.page_token) for request in settings_typed.requests] == [(100, ""), (1, "22")]


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "--retention-days -1",
        "--retention-days 3651",
        "--retention-days soon",
        "--addressing-threshold 1.5",
        "--addressing-threshold nan",
        "--images perhaps",
        "--extraction default",
        f"--rules {'x' * 2001}",
    ],
)
def test_what_cannot_be_set_is_said_before_anything_is_sent(settings_typed, arguments, capsys):
    with pytest.raises(SystemExit):
        settings_typed.run(f"settings set g1 {arguments}")
    assert "error:" in capsys.readouterr().err
    assert settings_typed.requests == []
