import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.conversation.v1 import conversation_pb2
from parlour.credit.v1 import credit_pb2
from parlour.memory.v1 import memory_pb2
from services.runtime.errors import InvalidField
from services.runtime.validation import parse, validate


def hold(**changes: object) -> credit_pb2.PlaceHoldRequest:
    fields = {"request_id": "r1", "account_id": "user:1", "amount_microcredits": 5} | changes
    return credit_pb2.PlaceHoldRequest(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (hold(request_id=""), "request_id"),
        (hold(request_id="   "), "request_id"),
        (hold(request_id="x" * 201), "request_id"),
        (hold(request_id="a b"), "request_id"),
        (hold(account_id="user:\x00"), "account_id"),
        (hold(amount_microcredits=0), "amount_microcredits"),
        (hold(amount_microcredits=-1), "amount_microcredits"),
        (hold(amount_microcredits=10**13), "amount_microcredits"),
        (hold(ttl_s=-1), "ttl_s"),
        (hold(metadata={"guild_id": "x" * 201}), "metadata[guild_id]"),
        (hold(metadata={str(n): "" for n in range(17)}), "metadata"),
        (credit_pb2.PlaceHoldRequest(request_id="r", account_id="a", quote=credit_pb2.Quote(prompt_tokens=-1)), "quote.prompt_tokens"),
        (credit_pb2.RecordUsageRequest(turn_id="t", account_id="a", hold_id="h"), "usage"),
        (credit_pb2.RecordUsageRequest(turn_id="t", account_id="a", hold_id="h", usage=credit_pb2.Usage()), "usage.model"),
        (memory_pb2.SearchMemoriesRequest(query="q"), "viewer"),
        (
            memory_pb2.AddMemoryRequest(
                request_id="r",
                memory=memory_pb2.NewMemory(text="t", scope=memory_pb2.Scope(user_id="u", visibility=9)),  # type: ignore[arg-type]
            ),
            "memory.scope.visibility",
        ),
        (memory_pb2.AddMemoryRequest(request_id="r", memory=memory_pb2.NewMemory(scope=memory_pb2.Scope(user_id="u"))), "memory.scope.visibility"),
        (
            conversation_pb2.UpdateGuildSettingsRequest(
                request_id="r", settings=conversation_pb2.GuildSettings(guild_id="g", addressing_threshold=float("nan"))
            ),
            "settings.addressing_threshold",
        ),
        (
            conversation_pb2.AppendMessagesRequest(
                request_id="r",
                conversation=conversation_pb2.ConversationKey(channel_id="c"),
                messages=[conversation_pb2.Message(message_id="m", author_id="a", text="fine"), conversation_pb2.Message(message_id="m")],
            ),
            "messages[1].author_id",
        ),
    ],
)
def test_a_field_that_breaks_its_rule_is_named(message, field):
    with pytest.raises(InvalidField) as refused:
        validate(message)
    assert refused.value.field == field


def test_a_request_within_its_rules_passes():
    validate(hold(metadata={"guild_id": "1"}))
    validate(memory_pb2.SearchMemoriesRequest(viewer=memory_pb2.Viewer(user_id="u"), query="line\nbreaks\tand tabs ✨"))


@given(st.text(st.characters(categories=["Cc"], exclude_characters="\n\r\t"), min_size=1, max_size=3))
def test_control_characters_are_refused_even_where_line_breaks_are_not(control):
    with pytest.raises(InvalidField):
        validate(memory_pb2.SearchMemoriesRequest(viewer=memory_pb2.Viewer(user_id="u"), query=f"a{control}b"))


@given(st.text(max_size=80))
def test_any_text_is_either_accepted_or_refused_by_name(text):
    message = memory_pb2.SearchMemoriesRequest(viewer=memory_pb2.Viewer(user_id="u"))
    try:
        message.query = text
        validate(message)
    except InvalidField as refused:
        assert refused.field == "query"
    except UnicodeEncodeError:
        assert any("\ud800" <= character <= "\udfff" for character in text)


def test_a_lone_surrogate_on_the_wire_is_named():
    good = memory_pb2.SearchMemoriesRequest(viewer=memory_pb2.Viewer(user_id="u"), query="XX").SerializeToString()
    with pytest.raises(InvalidField) as refused:
        parse(memory_pb2.SearchMemoriesRequest, good.replace(b"\x12\x02XX", b"\x12\x03\xed\xa0\x80"))
    assert refused.value.field == "query"


def test_a_bad_string_in_a_nested_message_is_named_with_its_path():
    good = memory_pb2.SearchMemoriesRequest(viewer=memory_pb2.Viewer(user_id="uu"), query="q").SerializeToString()
    with pytest.raises(InvalidField) as refused:
        parse(memory_pb2.SearchMemoriesRequest, good.replace(b"uu", b"\xff\xfe"))
    assert refused.value.field == "viewer.user_id"


@given(st.binary(max_size=60))
def test_any_bytes_parse_or_are_refused(data):
    try:
        parse(credit_pb2.PlaceHoldRequest, data)
    except InvalidField:
        pass
