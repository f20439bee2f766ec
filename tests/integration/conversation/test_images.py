"""Pictures reach models that can see, others are told of them, and they are kept with their message."""

import base64
from pathlib import Path

import pytest

from parlour.conversation.v1 import conversation_pb2 as pb
from services.runtime.errors import InvalidField, NotFound, RequestIdReused
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import MODELS, Service, answered, drained, message, read_reply, rows, wanted

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n0000").decode()
CAT = pb.Image(url="https://cdn.example.org/cat.jpg", media_type="image/jpeg", description="a cat on a mat")


def cat(number: int) -> pb.Image:
    return pb.Image(url=f"https://cdn.example.org/{number}.jpg", media_type="image/jpeg", description=f"cat {number}")


@pytest.fixture
def settings(settings, model):
    """The first model sees, the second does not; a picture counts 100 tokens."""
    path = Path(settings.models_file)
    text = MODELS.format(url=model.base_url).replace('["json_schema"]', '["json_schema", "images"]\nimage_tokens = 100')
    path.write_text(text)
    return settings


async def test_a_model_that_sees_is_shown_the_pictures_of_the_message(client, model, neighbours, database):
    _, reply = await answered(client, message("what is this?", images=[CAT, pb.Image(url=PNG, media_type="image/png")]))
    assert model.requests[0].pictures == [CAT.url, PNG]
    assert "what is this?\n[picture: a cat on a mat] [picture]" in model.requests[0].prompt
    assert reply.finished.usage.images == 2
    assert reply.started[0].prompt_tokens > 200
    await drained(database)
    assert neighbours.credit.recorded[0].usage.images == 2


async def test_a_model_that_cannot_see_is_told_in_words(client, model):
    _, reply = await answered(client, message("what is this?", images=[CAT]), models=["second"])
    assert model.requests[0].pictures == []
    assert model.requests[0].messages[-1]["content"].endswith("what is this?\n[picture: a cat on a mat]")
    assert reply.finished.usage.images == 0
    assert "1 picture (this model cannot see)" in reply.started[0].left_out


async def test_the_next_model_is_told_of_what_the_first_was_shown(client, model):
    model.next(Answer(status=500))
    _, reply = await answered(client, message("what is this?", images=[CAT]))
    assert [request.pictures for request in model.requests] == [[CAT.url], []]
    assert reply.finished.usage.images == 0


async def test_the_newest_pictures_of_the_conversation_are_shown_again_and_older_ones_told(client, model):
    for number in range(4):
        await answered(client, message(f"look {number}", images=[cat(number)], user_name="Ann"))
    await answered(client, message("which was best?"))
    sent = model.requests[-1]
    assert sent.pictures == [cat(2).url, cat(3).url]
    assert "look 0\n[picture: cat 0]" in sent.prompt
    assert "A picture of an earlier message, by Ann:" in sent.prompt


async def test_pictures_that_do_not_fit_the_hold_are_left_out_and_said(client, model):
    _, reply = await answered(client, message("look", images=[cat(number) for number in range(8)]), max_prompt_tokens=900)
    assert len(model.requests[0].pictures) == 4
    assert reply.started[0].prompt_tokens <= 900
    assert "4 pictures" in reply.started[0].left_out


async def test_no_more_pictures_are_shown_than_the_hold_covers_and_its_own_go_first(client, model):
    await answered(client, message("look", images=[cat(1)], user_name="Ann"))
    _, reply = await answered(client, message("look", images=[cat(2), cat(3)]), max_images=2)
    assert model.requests[-1].pictures == [cat(2).url, cat(3).url]
    assert reply.finished.usage.images == 2
    assert "1 picture" in reply.started[0].left_out
    _, reply = await answered(client, message("and this?"), max_images=0)
    assert reply.finished.usage.images == 0


async def test_the_words_go_before_the_pictures(client, model):
    _, without = await answered(client, message("word " * 300))
    needed = without.started[0].prompt_tokens
    _, reply = await answered(client, message("word " * 300, channel_id="elsewhere", images=[cat(1)]), max_prompt_tokens=needed + 90)
    assert model.requests[-1].pictures == []
    assert "1 picture" in reply.started[0].left_out


async def test_a_guild_that_switched_pictures_off_has_none_passed_on(client, model):
    settings = pb.GuildSettings(guild_id="guild", addressing_threshold=0.5, extraction=True, images=False)
    await client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="off", settings=settings))
    _, reply = await answered(client, message("what is this?", images=[CAT]))
    assert model.requests[0].pictures == []
    assert "[picture: a cat on a mat]" in model.requests[0].prompt
    assert "1 picture (they are switched off here)" in reply.started[0].left_out


async def test_a_picture_that_the_provider_cannot_use_costs_no_reply_and_the_model_is_not_rested(client, model, service):
    for number in range(service.settings.model_failures_max + 1):
        model.requests.clear()
        model.next(Answer(status=400, error_code="invalid_image_url"), Answer(text="a cat, you say"))
        _, reply = await answered(client, message("look", images=[CAT], channel_id=f"c{number}"), models=["first"])
        assert [request.pictures for request in model.requests] == [[CAT.url], []]
        assert (reply.text, reply.finished.usage.images) == ("a cat, you say", 0)
        assert "1 picture" in reply.started[0].left_out


async def test_an_orphan_is_handed_out_with_its_pictures(settings, model):
    service = await Service(settings.model_copy(update={"turn_s": 0.1})).start()
    try:
        await service.client.begin_turn(message("look", images=[CAT]))
        claimed = []
        while not claimed:
            claimed = (await service.client.claim_orphaned_turns(pb.ClaimOrphanedTurnsRequest(claimant="one"))).turns
        assert list(claimed[0].message.images) == [CAT]
    finally:
        await service.stop()


async def test_a_repeated_turn_with_other_pictures_is_another_payload(client):
    said = message("look", images=[CAT])
    begun = await client.begin_turn(said)
    assert await client.begin_turn(said) == begun
    said.images[0].url = "https://cdn.example.org/dog.jpg"
    with pytest.raises(RequestIdReused):
        await client.begin_turn(said)


BAD = {
    "not https": (pb.Image(url="http://example.org/x.png", media_type="image/png"), "images[0].url"),
    "into the network": (pb.Image(url="https://10.0.0.1/x.png", media_type="image/png"), "images[0].url"),
    "no picture": (pb.Image(url="https://example.org/x.pdf", media_type="application/pdf"), "images[0].media_type"),
    "no address": (pb.Image(media_type="image/png"), "images[0].url"),
    "not what it says": (pb.Image(url="data:image/png;base64,aGVsbG8=", media_type="image/png"), "images[0].url"),
}


@pytest.mark.parametrize(("image", "field"), BAD.values(), ids=list(BAD))
async def test_a_bad_picture_is_refused_and_nothing_changed(client, model, database, image, field):
    said = message("look", images=[image])
    with pytest.raises(InvalidField) as refused:
        await client.begin_turn(said)
    assert refused.value.field == field
    assert await rows(database, "SELECT count(*) FROM turns") == [(0,)]
    with pytest.raises((InvalidField, NotFound)):
        await read_reply(client, wanted(pb.BeginTurnResponse(turn_id=f"{said.message_id}:0", fence=1), said))
    assert not model.requests


async def test_too_many_pictures_are_refused(client, database):
    with pytest.raises(InvalidField) as refused:
        await client.begin_turn(message("look", images=[cat(number) for number in range(11)]))
    assert refused.value.field == "images"
    assert await rows(database, "SELECT count(*) FROM messages") == [(0,)]


async def test_a_completion_shows_pictures_to_the_model_that_sees_and_tells_the_other(client, model):
    prompt = pb.PromptMessage(role="user", text="what is it?", images=[CAT])
    asked = pb.CompleteRequest(request_id="r", priority=pb.PRIORITY_INTERACTIVE, messages=[prompt], feature="extraction")
    assert (await client.complete(asked)).usage.images == 1
    assert model.requests[-1].pictures == [CAT.url]
    model.always("first", Answer(status=500))
    assert (await client.complete(asked)).usage.images == 0
    assert model.requests[-1].messages[-1]["content"] == "what is it?\n[picture: a cat on a mat]"
    prompt.images[0].media_type = "text/html"
    with pytest.raises(InvalidField) as refused:
        await client.complete(pb.CompleteRequest(request_id="r", priority=pb.PRIORITY_INTERACTIVE, messages=[prompt], feature="extraction"))
    assert refused.value.field == "messages[0].images[0].media_type"
