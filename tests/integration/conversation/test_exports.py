"""An export: all that is stored about a person, in lines, whole or known not to be."""

import asyncio
import json

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.privacy.personal_data import OWNED
from services.runtime.errors import DependencyUnavailable, InvalidField, Overloaded
from tests.integration.conversation.conftest import Service, answered, drained, message, rows

LOUNGE = pb.ConversationKey(guild_id="guild", channel_id="lounge")


@pytest.fixture
def settings(settings):
    """Pages of two, so that everything takes several."""
    return settings.model_copy(update={"export_page_size": 2})


async def chunks(client, user_id="ann") -> list[str]:
    return [answer.json_lines async for answer in client.export_subject(pb.ExportSubjectRequest(user_id=user_id), timeout_s=20)]


async def exported(client, user_id="ann") -> list[dict]:
    return [json.loads(line) for line in "".join(await chunks(client, user_id)).splitlines()]


def rows_of(lines: list[dict], part: str) -> list[dict]:
    return [line["row"] for line in lines if line.get("part") == part]


async def test_everything_of_a_person_is_exported_and_nothing_of_others(client, database):
    told = []
    for number in range(5):
        _, reply = await answered(client, message(f"thought {number}"))
        told.append(reply.text)
        await answered(client, message(f"not for ann {number}", user_id="bob", user_name="Bob"))
    overheard = pb.Message(message_id="o1", author_id="ann", author_name="Ann", text="an aside")
    await client.append_messages(pb.AppendMessagesRequest(request_id="a1", conversation=LOUNGE, messages=[overheard]))
    for number in range(3):
        persona = pb.Persona(warmth=number, version=number)
        await client.update_persona(pb.UpdatePersonaRequest(request_id=f"p{number}", guild_id="guild", user_id="ann", persona=persona))
    await client.set_opt_out(pb.SetOptOutRequest(request_id="o1", user_id="ann", opted_out=True))
    ignoring = pb.GuildSettings(guild_id="elsewhere", rules="not for ann", ignored_user_ids=["bob", "ann"])
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="s1", settings=ignoring))
    await drained(database)
    lines = await exported(client)
    header, end = lines[0], lines[-1]
    assert (header["schema"], header["version"], header["user_id"]) == ("parlour.subject_export", 1, "ann")
    assert end == {"end_of": "parlour.subject_export", "lines": len(lines) - 2}
    assert {line["part"] for line in lines[1:-1]} <= set(header["parts"])
    said = rows_of(lines, "conversation.messages")
    assert [each["text"] for each in said] == [*(f"thought {number}" for number in range(5)), "an aside"]
    assert [[reply["text"] for reply in each["replies"]] for each in said[:5]] == [[text] for text in told]
    assert len(rows_of(lines, "conversation.turns")) == 5
    assert all(turn["completion_tokens"] == 20 for turn in rows_of(lines, "conversation.turns"))
    assert [each["warmth"] for each in rows_of(lines, "conversation.personas")] == [2]
    assert len(rows_of(lines, "conversation.persona_versions")) == 3
    assert len(rows_of(lines, "conversation.opt_outs")) == 1
    assert rows_of(lines, "conversation.guild_settings") == [{"guild_id": "elsewhere"}]
    assert "bob" not in str(lines)
    assert "not for ann" not in str(rows_of(lines, "conversation.guild_settings"))


@pytest.mark.parametrize("table", OWNED)
async def test_every_row_of_an_owned_table_is_in_the_export(client, database, table):
    await answered(client, message())
    await client.update_persona(pb.UpdatePersonaRequest(request_id="p", guild_id="guild", user_id="ann", persona=pb.Persona(warmth=1)))
    await drained(database)
    if table == "opt_outs":
        await client.set_opt_out(pb.SetOptOutRequest(request_id="o1", user_id="ann", opted_out=True))
    stored = (await rows(database, f"SELECT count(*) FROM {table} WHERE {OWNED[table]} = 'ann'"))[0][0]
    assert len(rows_of(await exported(client), f"conversation.{table}")) == stored > 0


async def test_of_somebody_unknown_there_is_an_empty_export(client):
    lines = await exported(client, "nobody")
    assert [line.get("lines") for line in lines] == [None, 0]


async def test_an_export_is_sent_in_chunks_of_whole_lines_and_its_head_at_once(client):
    await client.append_messages(
        pb.AppendMessagesRequest(
            request_id="a1", conversation=LOUNGE, messages=[pb.Message(message_id=f"o{n}", author_id="ann", text="x" * 9000) for n in range(40)]
        )
    )
    sent = await chunks(client)
    assert len(sent) > 3
    assert sent[0].count("\n") == 1
    assert all(chunk.endswith("\n") for chunk in sent)
    assert all(len(chunk) < 100_000 for chunk in sent)


async def test_while_a_neighbour_is_away_nothing_is_sent_but_a_reason(settings, database):
    service = await Service(settings.model_copy(update={"credit_address": "127.0.0.1:9"})).start()
    try:
        stream = service.client.export_subject(pb.ExportSubjectRequest(user_id="ann"), timeout_s=20)
        with pytest.raises(DependencyUnavailable):
            await anext(stream)
    finally:
        await service.stop()


async def test_no_more_exports_are_read_at_once_than_may_be(settings):
    service = await Service(settings.model_copy(update={"exports_max": 1})).start()
    try:
        await service.client.append_messages(
            pb.AppendMessagesRequest(
                request_id="a1", conversation=LOUNGE, messages=[pb.Message(message_id=f"o{n}", author_id="ann", text="x" * 90_000) for n in range(9)]
            )
        )
        first = service.client.export_subject(pb.ExportSubjectRequest(user_id="ann"), timeout_s=20)
        await anext(first)
        with pytest.raises(Overloaded):
            await exported(service.client)
        await first.aclose()
        async with asyncio.timeout(10):
            while True:
                try:
                    assert (await exported(service.client))[-1]["lines"] == 9
                    break
                except Overloaded:
                    await asyncio.sleep(0.02)
    finally:
        await service.stop()


async def test_an_export_of_nobody_is_refused(client):
    with pytest.raises(InvalidField) as refused:
        await chunks(client, "")
    assert refused.value.field == "user_id"
