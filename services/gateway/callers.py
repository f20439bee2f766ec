"""Who may call the gateway, where calls come over TLS. Nobody who is not named may.

Whoever may call HandleMessage says whose message it is: an `operator` or one of the `tools` is believed about that.
"""

from services.runtime.callers import OPERATOR, TOOLS, allowed

ALLOWED_CALLERS = allowed(
    "parlour.gateway.v1.AssistantService",
    {
        "HandleMessage": [OPERATOR, TOOLS],
        "StopAnswer": [TOOLS],
        "WithdrawMessages": [TOOLS],
        "ExplainAddressing": [TOOLS],
        "GetStatus": [OPERATOR, TOOLS],
    },
)
