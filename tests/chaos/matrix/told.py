"""What the services of a matrix run are told: the turn and the holds that the matrix is stated for, and other times that fit into them."""

from collections.abc import Mapping

from tests.chaos.matrix.cells import TURN_S

HOLD_TTL_S = 15
SETTINGS = {
    "PARLOUR_GATEWAY_TURN_S": f"{TURN_S:g}",
    "PARLOUR_GATEWAY_HOLD_TTL_S": f"{HOLD_TTL_S}",
    "PARLOUR_GATEWAY_TURN_MARGIN_S": "1",
    "PARLOUR_GATEWAY_SETTLE_S": "0.8",
    "PARLOUR_GATEWAY_BEGIN_S": "2",
    "PARLOUR_GATEWAY_HOLD_S": "2",
    "PARLOUR_GATEWAY_SEARCH_S": "2.5",
    "PARLOUR_GATEWAY_ORPHAN_POLL_S": "0.5",
    "PARLOUR_GATEWAY_LEASE_TTL_S": "3",
    "PARLOUR_GATEWAY_DISCORD_IDENTIFY_INTERVAL_S": "0",
    "PARLOUR_GATEWAY_DISCORD_EDIT_INTERVAL_S": "0.1",
    "PARLOUR_GATEWAY_DISCORD_RECONNECT_MAX_S": "2",
    "PARLOUR_GATEWAY_DISCORD_REQUEST_S": "3",
    "PARLOUR_GATEWAY_OUTAGE_POLL_S": "0.5",
    "PARLOUR_GATEWAY_OUTAGE_RETRY_MAX_S": "2",
    "PARLOUR_CONVERSATION_TURN_S": f"{TURN_S + 1:g}",
    "PARLOUR_CONVERSATION_END_BEFORE_S": "0.5",
    "PARLOUR_CONVERSATION_FIRST_TOKEN_S": "1.3",
    "PARLOUR_CONVERSATION_IDLE_S": "1",
    "PARLOUR_CONVERSATION_MODEL_OPEN_S": "1",
    **{f"PARLOUR_{service}_POOL_WAIT_S": "1" for service in ("CREDIT", "MEMORY", "CONVERSATION")},
    **{f"PARLOUR_{service}_STATEMENT_TIMEOUT_S": "2" for service in ("CREDIT", "MEMORY", "CONVERSATION")},
    **{f"PARLOUR_{service}_PROBE_INTERVAL_S": "0.5" for service in ("CREDIT", "MEMORY", "CONVERSATION", "GATEWAY")},
}
"""The turn's deadline and the holds are those that the matrix is stated for; the other times have to fit into them."""

_PRICES = """
[models.{name}.endpoint]
base_url = "http://127.0.0.1:{port}/v1"
provider_model = "scripted-{name}"
api_key_env = ""
context_window_tokens = 16000
max_completion_tokens = 1000
capabilities = ["json_schema"]
tokenizer = ""

[models.{name}.price]
prompt_microcredits_per_million_tokens = 100_000_000
cached_prompt_microcredits_per_million_tokens = 50_000_000
completion_microcredits_per_million_tokens = 400_000_000
image_microcredits = 0
"""
_TIERS = """
price_version = "matrix"
default_tier = "free"
{models}
[tiers.free]
models = ["first", "second"]
allowance_microcredits = 100_000_000
overdraft_microcredits = 0
capture_policy = "cap"
grace_s = 600
"""


def models_text(ports: Mapping[str, int]) -> str:
    """The text of a models file with a model of each name behind each port."""
    return _TIERS.format(models="".join(_PRICES.format(name=name, port=port) for name, port in ports.items()))
