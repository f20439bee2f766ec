"""The service beside a model of it: whatever is asked in whatever order, both answer the same, and the books hold what the model says.

MODEL_EXAMPLES=2000 in the environment looks further, each time elsewhere.
"""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from services.credit.refusals import STORED_REFUSALS
from tests.integration.credit.bank import Bank
from tests.integration.credit.every_refusal import every_refusal

STORED = {refusal.reason for refusal in STORED_REFUSALS}
SETTINGS: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck), "report_multiple_bugs": False}


def test_both_refuse_for_every_reason(open_empty_ledger):
    bank = type("Bank", (Bank,), {"open_empty": staticmethod(open_empty_ledger)})()
    for step in every_refusal(bank):
        step()
        bank.the_books_are_the_models()
        bank.check_books()
    bank.teardown()
    assert bank.reasons == {*STORED, "INVALID_FIELD", "NOT_FOUND", "OVERLOADED", "PERMISSION_REFUSED", "REQUEST_ID_REUSED", "UNKNOWN_MODEL"}


def test_the_service_answers_what_the_model_answers(open_empty_ledger):
    machine = type("Bank", (Bank,), {"open_empty": staticmethod(open_empty_ledger)})
    examples = os.environ.get("MODEL_EXAMPLES")
    # Without being asked it looks at the same examples each time, and does not take minutes to find a smaller one.
    phases = (Phase.generate, Phase.shrink) if examples else (Phase.generate,)
    profile = settings(max_examples=int(examples or 18), stateful_step_count=60, phases=phases, derandomize=not examples, **SETTINGS)
    run_state_machine_as_test(machine, settings=profile)
