"""The window through the service: its report, its beginning from turn to turn, tokens by the model's own tokenizer, and what stops the start."""

import json
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.conversation.v1 import conversation_pb2 as pb
from services.conversation.window.recent_window import MESSAGE_BYTES
from services.conversation.window.token_counting import token_counter
from services.local.model_server import MODEL, model_file
from services.local.model_tokenizer import write_tokenizer
from tests.fakes.model_server import Answer
from tests.integration.conversation.conftest import Service, answered, drained, message, read_reply, rows, wanted
from tests.local_model import local_model

LOCAL = """
[models.local.endpoint]
base_url = "{url}"
provider_model = "{model}"
context_window_tokens = 2048
max_completion_tokens = 200
tokenizer = "tokenizer.json"
"""


def parts(reply) -> dict[str, pb.PromptPart]:
    return {part.name: part for part in reply.started[0].parts}


async def test_the_report_tells_what_is_in_the_prompt_and_adds_up(client, model):
    await answered(client, message("my dog is brown"))
    said = message("what colour is my dog?", replied_to=pb.RepliedTo(message_id="x", author_id="bob", author_name="Bob", text="which dog?"))
    _, reply = await answered(client, said, memories=[pb.RecalledMemory(memory_id="1", text="Ann likes short names")])
    told = parts(reply)
    before = ["persona", "rules", "relationship", "summaries", "recent", "older", "memories"]
    assert list(told) == [*before, "thread_starter", "replied_to", "files", "images", "message"]
    assert {name: (told[name].included, told[name].left_out) for name in ("persona", "recent", "memories", "replied_to", "message")} == {
        "persona": (1, 0),
        "recent": (2, 0),
        "memories": (1, 0),
        "replied_to": (1, 0),
        "message": (1, 0),
    }
    assert told["rules"].reason == told["images"].reason == "empty"
    assert sum(part.tokens for part in told.values()) == reply.started[0].prompt_tokens


async def test_what_there_was_no_room_for_is_counted_with_its_reason(settings):
    service = await Service(settings.model_copy(update={"index_wait_messages": 1_000})).start()  # none of it is found as an older message
    try:
        for number in range(12):
            await answered(service.client, message(f"message {number} " + "blah " * 60))
        _, reply = await answered(service.client, message("short one"), max_prompt_tokens=600)
    finally:
        await service.stop()
    told = parts(reply)
    assert told["recent"].reason == "budget"
    assert told["recent"].left_out > 0
    assert sum(told[name].included + told[name].left_out for name in ("recent", "older")) >= 24  # and what was made of them


async def test_while_the_database_is_away_the_report_says_what_could_not_be_had(client, model):
    said = message("anybody there?")
    reply = await read_reply(client, wanted(pb.BeginTurnResponse(turn_id=f"{said.message_id}:0", fence=0), said))
    told = parts(reply)
    assert {name for name, part in told.items() if part.reason == "unavailable"} >= {"recent", "older", "summaries", "rules", "relationship"}
    assert (told["persona"].included, told["message"].included) == (1, 1)


async def test_a_guilds_rules_stand_in_the_first_message(client, model, service):
    settings = pb.GuildSettings(guild_id="guild", rules="No swearing.")
    await service.client.update_guild_settings(pb.UpdateGuildSettingsRequest(request_id="rules", settings=settings))
    _, reply = await answered(client, message())
    assert "<rules>\nNo swearing.\n</rules>" in model.requests[-1].messages[0]["content"]
    assert parts(reply)["rules"].included == 1


async def test_the_prompt_of_the_next_turn_begins_with_that_of_the_last(client, model, database):
    model.always("first", Answer(text="Yes."))
    await answered(client, message("hello"))
    await drained(database)  # what is known of the person is in the prompt from now on
    sent = []
    for number in range(8):
        await answered(client, message(f"question {number}"))
        sent.append("\n".join(f"{each['role']}:{each['content']}" for each in model.requests[-1].messages[:-1]))
    for before, after in pairwise(sent):
        assert after.startswith(before)


async def test_a_message_knows_how_much_was_said_before_it(client, model, database):
    for text in ("one", "zwölf", "three"):
        await answered(client, message(text))
    stored = await rows(database, "SELECT offset_bytes, octet_length(text) FROM messages ORDER BY sequence")
    before = 0
    for offset, size in stored:
        assert offset == before
        before += size + MESSAGE_BYTES


async def test_people_are_called_by_their_names_where_they_are_mentioned(client, model):
    await answered(client, message("hello", user_id="42", user_name="Bob"))
    await answered(client, message("is <@42> well?"))
    assert model.requests[-1].messages[-1]["content"].endswith("Ann asks you:\nis @Bob well?")


async def test_a_tokenizer_that_is_not_there_stops_the_start(settings):
    path = Path(settings.models_file)
    path.write_text(path.read_text().replace('capabilities = ["json_schema"]', 'tokenizer = "nowhere.json"'))
    service = Service(settings)
    with pytest.raises(ValueError, match=r"\[models.first.endpoint\]: tokenizer: .*nowhere.json cannot be read: No such file"):
        await service.start()
    await service.stop()


async def test_shares_of_more_than_there_is_stop_the_start(settings):
    service = Service(settings.model_copy(update={"recent_share": 0.9}))
    with pytest.raises(ValueError, match="1 is all there is"):
        await service.start()
    await service.stop()


# With the real local model.


@pytest.fixture(scope="module")
def local_url() -> Iterator[str]:
    with local_model() as url:
        yield url


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    write_tokenizer(model_file(), path)
    return path


@pytest.fixture
async def local(settings, local_url, tokenizer_file):
    folder = Path(settings.models_file).parent
    (folder / "tokenizer.json").write_bytes(tokenizer_file.read_bytes())
    Path(settings.models_file).write_text(LOCAL.format(url=local_url, model=MODEL))
    service = await Service(settings.model_copy(update={"first_token_s": 60.0, "idle_s": 60.0})).start()
    yield service
    await service.stop()


def tokens_of(url: str, text: str) -> int:
    """What llama.cpp's server makes of a text."""
    body = json.dumps({"content": text, "parse_special": True}).encode()
    request = urllib.request.Request(f"{url.removesuffix('/v1')}/tokenize", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return len(json.loads(answer.read())["tokens"])


VARIED = [
    "",
    "hello",
    "  two blanks, and a tab\t",
    "\n\n\nlines\n \n and\r\nreturns\n",
    "it's 12345 o'clock on 2026-11-27, I'd say; you'll've known",
    "<|im_start|>user\nno<|im_end|>",
    "猫が好きです。 Größe, naïve, İstanbul, ﬁn",
    "😀👨‍👩‍👧🏳️‍🌈 \u0301x a\u00a0b\u200bc\u3000d",
    'def f(x):\n\treturn {"a": x**2}  # why?\n',
    '<message from="Ann">\nhello there\n</message>\n' * 40,
]


@pytest.mark.timeout(240)
def test_tokens_are_those_of_the_model_server(local_url, tokenizer_file):
    counter = token_counter(str(tokenizer_file), "local")
    assert counter.count_all(VARIED) == [tokens_of(local_url, text) for text in VARIED]

    @settings(max_examples=150)
    # Of characters that are none (yet) the two may have different opinions.
    @given(st.text(st.characters(exclude_categories=["Cs", "Cn", "Co", "Cc"], include_characters="\n\t"), max_size=60))
    def agree(text: str) -> None:
        assert counter.count_all([text]) == [tokens_of(local_url, text)]

    agree()


@pytest.mark.timeout(240)
async def test_the_prompt_has_as_many_tokens_as_the_model_server_counts_and_the_next_one_finds_it_kept(local, database):
    replies = []
    for text in ("My dog is called Rex. He is brown, 3 years old, and <@ann> found him.", "What is his name?", "And how old is he?"):
        said = message(text)
        begun = await local.client.begin_turn(said)
        asked = wanted(begun, said, models=["local"], max_completion_tokens=8)
        replies.append(await read_reply(local.client, asked, timeout_s=100))
        await drained(database, timeout_s=60)  # what is known of the person is in the prompt from now on
    _, first, second = replies
    for reply in (first, second):
        assert reply.finished.usage.prompt_tokens == reply.started[0].prompt_tokens
    begun_alike = sum(part.tokens for name, part in parts(first).items() if name in ("persona", "relationship", "recent"))
    assert second.finished.usage.cached_prompt_tokens >= begun_alike
