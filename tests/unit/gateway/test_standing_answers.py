"""What works, in words that people understand."""

import re

import pytest

from parlour.gateway.v1 import gateway_pb2
from services.gateway import notices
from services.gateway.commands.parsing import Kind
from services.gateway.commands.standing_answers import StandingAnswers, status_words
from services.gateway.status import MEANING


def status(*broken: str) -> gateway_pb2.GetStatusResponse:
    features = [gateway_pb2.FeatureStatus(name=name, healthy=name not in broken, detail="10.0.0.1 is down") for name in MEANING]
    return gateway_pb2.GetStatusResponse(features=features, instance_id="gateway-7f", version="1.2.3")


def test_where_everything_works_one_line_says_so():
    assert status_words(status()) == "These work: credits, memories, answers, the order of answers, Discord."


@pytest.mark.parametrize("name", MEANING)
def test_what_does_not_work_is_named_with_what_that_means(name: str):
    works, broken = status_words(status(name)).splitlines()
    assert works.count(",") == len(MEANING) - 2
    assert re.fullmatch(r"Not working: [\w ]+\. \S.*\.", broken)


def test_no_internals_are_told():
    assert not re.search(r"10\.|7f|1\.2\.3|redis|gateway|grpc", status_words(status(*MEANING)), re.IGNORECASE)


async def test_why_asks_about_the_person_in_the_place_where_they_ask():
    asked = []

    def explain(request: gateway_pb2.ExplainAddressingRequest) -> gateway_pb2.ExplainAddressingResponse:
        asked.append(request)
        return gateway_pb2.ExplainAddressingResponse(known=True, text="You mentioned me.")

    answers = StandingAnswers(status, explain)
    message = gateway_pb2.IncomingMessage(message_id="m", guild_id="g", channel_id="c", user_id="ada")
    final = await answers.handlers()[Kind.WHY](message, "")
    assert (final.text, final.private) == ("You mentioned me.", True)
    assert asked == [gateway_pb2.ExplainAddressingRequest(guild_id="g", channel_id="c", user_id="ada")]


def test_credits_that_are_away_while_people_are_answered_all_the_same_are_said_so():
    away = status("credit")
    away.outage.active = True
    assert status_words(away).splitlines()[1] == f"Not working: credits. {notices.WORDS['without_credit_on_lease']}"
    away.outage.active, away.outage.emergency = False, True
    assert status_words(away).splitlines()[1] == f"Not working: credits. {notices.WORDS['without_credit']}"
