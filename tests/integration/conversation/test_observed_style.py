"""How people write shapes how they are written to: by the job after a turn, slowly, and never against what anybody has decided."""

from parlour.conversation.v1 import conversation_pb2 as pb
from tests.integration.conversation.conftest import answered, drained, message, rows

ANN = {"guild_id": "guild", "user_id": "ann"}
CASUAL = ["lol yeah idk 😄", "haha thats so good 😄", "u coming tonight or nah 😄", "ngl that was kinda weird", "omg stop it!! 😄"]


async def written(client, count: int = 25, author: str = "ann", guild: str = "guild") -> None:
    """Have somebody write so many messages in their way, none of them to the assistant."""
    messages = [pb.Message(message_id=f"{author}-{number}", author_id=author, text=CASUAL[number % 5]) for number in range(count)]
    where = pb.ConversationKey(guild_id=guild, channel_id="lounge")
    await client.append_messages(pb.AppendMessagesRequest(request_id=f"{author}-{guild}", conversation=where, messages=messages))


async def turn(client, database, text: str = "lol puppy names", **changes) -> None:
    await answered(client, message(text, **changes))
    await drained(database)


async def next_day(database) -> None:
    async with database.connection() as connection:
        await connection.execute("UPDATE user_activity SET style_time = style_time - interval '25 hours'")


async def persona(client) -> pb.GetPersonaResponse:
    return await client.get_persona(pb.GetPersonaRequest(**ANN))


async def origins(database) -> list[str]:
    return [origin for (origin,) in await rows(database, "SELECT origin FROM persona_versions ORDER BY version")]


async def test_the_voice_follows_how_a_person_writes_by_one_step(client, database):
    await written(client)
    await turn(client, database)
    got = await persona(client)
    assert (got.persona.emoji, got.persona.formality) == (1, -1)
    assert (got.sources["emoji"], got.sources["directness"]) == ("user", "default")
    assert await origins(database) == ["writing"]
    explained = await client.explain_persona(pb.ExplainPersonaRequest(**ANN))
    assert "I use an emoji now and then: you write that way yourself; I noticed it on " in explained.text


async def test_it_is_looked_at_once_a_day_and_never_goes_further_than_one_step(client, database):
    await written(client)
    for _ in range(3):
        await turn(client, database)
    assert await origins(database) == ["writing"]
    for _ in range(2):
        await next_day(database)
        await turn(client, database)
    assert (await persona(client)).persona.emoji == 1
    assert await origins(database) == ["writing"]


async def test_a_job_that_runs_twice_moves_once(client, database, service):
    await written(client)
    await turn(client, database)
    async with database.connection() as connection:
        await connection.execute(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'after_turn', 0, NULL, NULL,"
            " (SELECT jsonb_build_object('turn_id', turn_id) FROM turns), NULL)::procrastinate_job_to_defer_v1])"
        )
    await drained(database)
    assert await origins(database) == ["writing"]


async def test_few_messages_say_nothing(client, database):
    await written(client, 18)
    await turn(client, database)
    assert await origins(database) == []
    await turn(client, database)
    assert await origins(database) == ["writing"]


async def test_what_a_person_or_their_guild_has_decided_is_left_alone(client, database):
    await client.update_persona(pb.UpdatePersonaRequest(request_id="p", guild_id="guild", persona=pb.Persona(emoji=0)))
    await client.update_persona(pb.UpdatePersonaRequest(request_id="q", persona=pb.Persona(formality=0), **ANN))
    await written(client)
    await turn(client, database)
    assert (await persona(client)).own == pb.Persona(formality=0, verbosity=-1, version=2)


async def test_what_a_person_has_said_is_left_alone(client, database):
    await written(client)
    await turn(client, database, "no emojis please")
    assert (await persona(client)).persona.emoji == -2
    assert (await persona(client)).persona.formality == -1


async def test_back_to_normal_keeps_everything_as_it_is(client, database):
    await written(client)
    await turn(client, database, "shorter please")
    await next_day(database)
    await turn(client, database, "talk normally again")
    await next_day(database)
    await turn(client, database)
    assert (await persona(client)).own == pb.Persona(version=3)


async def test_what_was_taken_back_is_not_tried_again_for_a_season(client, database):
    await written(client)
    await turn(client, database)
    await client.undo_persona(pb.UndoPersonaRequest(request_id="u", **ANN))
    await next_day(database)
    await turn(client, database)
    assert await origins(database) == ["writing", "undo"]
    async with database.connection() as connection:
        await connection.execute("UPDATE persona_versions SET undone_at = undone_at - interval '91 days'")
    await next_day(database)
    await turn(client, database)
    assert await origins(database) == ["writing", "undo", "writing"]


async def test_a_guild_can_do_without(client, database):
    settings = pb.GuildSettings(guild_id="guild", writing_style=False, extraction=True)
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="s", settings=settings))
    await written(client)
    await turn(client, database)
    assert await origins(database) == []


async def test_who_opted_out_is_not_looked_at(client, database):
    await written(client)
    await client.set_opt_out(pb.SetOptOutRequest(request_id="o", user_id="ann", opted_out=True))
    await turn(client, database)
    assert await origins(database) == []


async def test_only_a_persons_own_messages_in_the_place_count(client, database):
    await written(client, author="bob")
    await written(client, author="ann", guild="elsewhere")
    await turn(client, database)
    assert await origins(database) == []
