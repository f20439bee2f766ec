"""Who may take a turn while credit cannot be reached, what it may cost, and what is left. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from parlour.credit.v1 import credit_pb2
from services.gateway.outage.book import Book

_MILLION = 1_000_000


class Refusal(StrEnum):
    """Why a turn was not taken on the lease."""

    OFF = "off"
    NO_LEASE = "no_lease"
    EXPIRED = "expired"
    USED_UP = "used_up"
    JOURNAL = "journal"
    TURNS_USED = "turns_used"
    PEOPLE = "people"
    BARRED = "barred"
    REPEATED = "repeated"

    @property
    def of_the_lease(self) -> bool:
        """Nobody can be answered, not only this person."""
        return self in (Refusal.OFF, Refusal.NO_LEASE, Refusal.EXPIRED, Refusal.USED_UP, Refusal.JOURNAL)


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn that somebody wants to take: the most that it can use."""

    turn_id: str
    account_id: str
    prompt_tokens: int
    completion_tokens: int
    images: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A turn that may be taken. `first`: the person's first one in this outage."""

    turn_id: str
    account_id: str
    lease_id: str
    bound_microcredits: int
    models: tuple[str, ...]
    first: bool


def upper_bound(tier: credit_pb2.OutageTier, asked: Asked) -> int:
    """Return what a turn can cost at most, in microcredits: every kind of token at the dearest price of the tier, each part rounded up."""
    return (
        _part(asked.prompt_tokens, tier.prompt_microcredits_per_million_tokens)
        + _part(asked.completion_tokens, tier.completion_microcredits_per_million_tokens)
        + asked.images * tier.image_microcredits
    )


def _part(tokens: int, microcredits_per_million: int) -> int:
    return -(-tokens * microcredits_per_million // _MILLION)


def tier_of(terms: credit_pb2.OutageTerms, known: str) -> credit_pb2.OutageTier:
    """Return the terms of a person's tier; of the default one where theirs is not known or no longer there; of none where that is missing, too."""
    by_name = {tier.tier: tier for tier in terms.tiers}
    return by_name.get(known) or by_name.get(terms.default_tier) or credit_pb2.OutageTier()


def decide(book: Book, asked: Asked, *, known_tier: str, now_ms: int, margin_ms: int, people_max: int) -> Grant | Refusal:
    """Say whether a turn may be taken.

    `margin_ms`: so long before it expires a lease takes no turns, because this gateway's clock is not credit's.
    """
    lease = book.lease
    if asked.turn_id in book.turns:
        # Begun before and cut by a crash: what it cost twice would be charged once.
        return Refusal.REPEATED
    if lease is None:
        return Refusal.NO_LEASE
    if now_ms + margin_ms >= lease.expire_time_ms:
        return Refusal.EXPIRED
    tier = tier_of(lease.terms, known_tier)
    had = book.turns_by_account.get(asked.account_id, 0)
    if had >= tier.turns_max or not tier.models:
        return Refusal.TURNS_USED
    # Refused rather than forgotten: who is forgotten would be given their turns again.
    if not had and len(book.turns_by_account) >= people_max:
        return Refusal.PEOPLE
    bound = upper_bound(tier, asked)
    if bound > book.left_microcredits:
        return Refusal.USED_UP
    return Grant(asked.turn_id, asked.account_id, lease.lease_id, bound, tuple(tier.models), first=not had)
