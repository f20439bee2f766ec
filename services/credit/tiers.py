"""What an account of a tier may use and is given, as the models file says it. Pure."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

AMOUNT_MAX = 10**12
DAY_S = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def day_of(now: datetime) -> int:
    """The day, counted from 1970 in UTC."""
    return (now - _EPOCH).days


def minute_of(now: datetime) -> int:
    """The minute, counted from 1970."""
    since = now - _EPOCH
    return since.days * 1440 + since.seconds // 60


class CapturePolicy(StrEnum):
    """What happens when usage costs more than its hold."""

    STRICT = "strict"  # the capture is refused, the hold stays as it is
    CAP = "cap"  # the hold is charged, the rest reported
    EXTEND = "extend"  # the rest comes from the balance, then from the overdraft, and what is still missing is written off


class Period(StrEnum):
    """How often an allowance is given."""

    ONCE = "once"  # when the account is opened
    DAY = "day"
    MONTH = "month"

    def of(self, now: datetime) -> int:
        """Number the period that `now` lies in, in UTC."""
        return day_of(now) if self is Period.DAY else now.year * 12 + now.month

    def end(self, now: datetime) -> datetime:
        """When the period that `now` lies in is over."""
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Period.DAY:
            return today + timedelta(days=1)
        return (today.replace(day=1) + timedelta(days=32)).replace(day=1)


class Tier(BaseModel):
    """What an account of this tier may use, and what it is given. Limits of 0 are none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: tuple[str, ...] = Field(min_length=1)
    allowance_microcredits: int = Field(0, ge=0, le=AMOUNT_MAX)
    allowance_period: Period = Period.ONCE
    overdraft_microcredits: int = Field(0, ge=0, le=AMOUNT_MAX)
    capture_policy: CapturePolicy = CapturePolicy.CAP
    grace_s: int = Field(600, ge=0, le=86_400)
    holds_per_minute_max: int = Field(0, ge=0, le=1_000_000)
    holds_per_day_max: int = Field(0, ge=0, le=100_000_000)
    outage_turns: int = Field(3, ge=0, le=1_000)
    """Turns that a person may take on a lease in one outage of credit; here 0 is none."""
