from parlour.gateway.v1 import gateway_pb2
from services.gateway.discord.withheld import Withheld
from services.gateway.notices import words
from tests.fakes.discord_server.components import labels

IN_GUILD = gateway_pb2.IncomingMessage(message_id="1", guild_id="2", channel_id="3", user_id="4")
IN_DM = gateway_pb2.IncomingMessage(message_id="1", channel_id="3", user_id="4")
SECRET = gateway_pb2.Final(text="You opted out.", private=True)


def withheld(size_max: int = 10) -> Withheld:
    return Withheld(size_max=size_max, keep_s=60)


def test_what_is_for_all_is_shown_to_all() -> None:
    assert withheld().shown_to_all(IN_GUILD, gateway_pb2.Final(text="Hello")).text == "Hello"


def test_a_private_answer_in_a_guild_is_a_button_and_kept_for_its_asker() -> None:
    kept = withheld()
    page = kept.shown_to_all(IN_GUILD, SECRET)
    assert page.text == words("private_here")
    assert labels(list(page.components)) == ["Show me"]
    assert kept.get("4", "1:0") == SECRET
    assert kept.get("5", "1:0") is None


def test_in_a_direct_message_a_private_answer_is_simply_said() -> None:
    kept = withheld()
    assert kept.shown_to_all(IN_DM, SECRET).text == SECRET.text
    assert kept.get("4", "1:0") is None


def test_a_private_file_is_neither_shown_nor_kept() -> None:
    kept = withheld()
    file = gateway_pb2.File(name="export.jsonl", data=b"{}")
    page = kept.shown_to_all(IN_GUILD, gateway_pb2.Final(text="Here.", private=True, files=[file]))
    assert (page.text, list(page.components), list(page.files)) == (words("private_file"), [], [])
    assert kept.get("4", "1:0") is None


def test_only_so_many_are_kept() -> None:
    kept = withheld(size_max=1)
    kept.shown_to_all(IN_GUILD, SECRET)
    later = gateway_pb2.IncomingMessage(message_id="9", guild_id="2", channel_id="3", user_id="4")
    kept.shown_to_all(later, SECRET)
    assert kept.get("4", "1:0") is None
    assert kept.get("4", "9:0") == SECRET
