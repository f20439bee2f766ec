"""Who may take a turn while credit cannot be reached, and what it may cost."""

from hypothesis import given
from hypothesis import strategies as st

from parlour.credit.v1 import credit_pb2
from services.gateway.outage.allowance import Asked, Grant, Refusal, decide, tier_of, upper_bound
from services.gateway.outage.book import Book, HeldLease
from services.gateway.outage.records import Dropped, Leased, Opened, Over, Settled, Taken, Used, WrittenOff

FREE = credit_pb2.OutageTier(
    tier="free",
    turns_max=2,
    models=["small", "large"],
    prompt_microcredits_per_million_tokens=100_000_000,
    completion_microcredits_per_million_tokens=400_000_000,
    image_microcredits=1_000,
)
PATRON = credit_pb2.OutageTier(tier="patron", turns_max=5, models=["large"])
NONE = credit_pb2.OutageTier(tier="blocked", turns_max=0, models=["small"])
TERMS = credit_pb2.OutageTerms(tiers=[FREE, PATRON, NONE], default_tier="free")
NOW_MS = 1_000_000
BOUND = 320_000 + 2_000


def asked(turn_id: str = "m1:0", account_id: str = "user:ada") -> Asked:
    return Asked(turn_id, account_id, prompt_tokens=1600, completion_tokens=400, images=2)


def book(amount: int = 1_000_000, expire_time_ms: int = NOW_MS + 60_000) -> Book:
    return Book([Opened("here-1"), HeldLease("7f", amount, amount, expire_time_ms, TERMS).record()])


def take(kept: Book, one: Asked, *, tier: str = "", people_max: int = 100, now_ms: int = NOW_MS) -> Grant | Refusal:
    decided = decide(kept, one, known_tier=tier, now_ms=now_ms, margin_ms=5_000, people_max=people_max)
    if isinstance(decided, Grant):
        kept.apply(Taken(decided.turn_id, decided.account_id, decided.lease_id, decided.bound_microcredits, now_ms))
    return decided


def test_a_turn_is_granted_with_its_bound_and_the_models_of_the_tier() -> None:
    assert take(book(), asked()) == Grant("m1:0", "user:ada", "7f", BOUND, ("small", "large"), first=True)


def test_a_persons_second_turn_is_not_the_first() -> None:
    kept = book()
    take(kept, asked("m1:0"))
    second = take(kept, asked("m2:0"))
    assert isinstance(second, Grant)
    assert not second.first


def test_each_part_of_the_bound_is_rounded_up() -> None:
    tier = credit_pb2.OutageTier(prompt_microcredits_per_million_tokens=1, completion_microcredits_per_million_tokens=1, image_microcredits=3)
    assert upper_bound(tier, Asked("m1:0", "user:ada", 1, 1, 1)) == 1 + 1 + 3


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 50), st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**6))
def test_no_use_within_the_limits_costs_more_than_the_bound(
    prompt: int, completion: int, images: int, prompt_price: int, price: int, image_price: int
) -> None:
    tier = credit_pb2.OutageTier(
        prompt_microcredits_per_million_tokens=prompt_price,
        completion_microcredits_per_million_tokens=price,
        image_microcredits=image_price,
    )
    bound = upper_bound(tier, Asked("m1:0", "user:ada", prompt, completion, images))
    exact = prompt * prompt_price + completion * price + images * image_price * 1_000_000
    assert exact <= bound * 1_000_000 < exact + 2 * 1_000_000


def test_a_tier_that_is_not_known_is_the_default_one() -> None:
    assert tier_of(TERMS, "patron").turns_max == 5
    assert tier_of(TERMS, "").tier == tier_of(TERMS, "gone").tier == "free"
    assert tier_of(credit_pb2.OutageTerms(), "free").turns_max == 0


def test_a_person_has_as_many_turns_as_their_tier_gives() -> None:
    kept = book(amount=10**9)
    assert [take(kept, asked(f"m{number}:0"), tier="patron") for number in range(6)][5] is Refusal.TURNS_USED
    assert take(kept, asked("n0:0", "user:bob"), tier="blocked") is Refusal.TURNS_USED
    assert isinstance(take(kept, asked("n1:0", "user:cleo")), Grant)


def test_the_next_outage_gives_them_again() -> None:
    kept = book(amount=10**9)
    for number in range(2):
        take(kept, asked(f"m{number}:0"))
    assert take(kept, asked("m2:0")) is Refusal.TURNS_USED
    kept.apply(Over())
    assert isinstance(take(kept, asked("m2:0")), Grant)


def test_more_people_than_can_be_counted_are_refused_rather_than_forgotten() -> None:
    kept = book(amount=10**9)
    take(kept, asked("m1:0", "user:ada"), people_max=1)
    assert take(kept, asked("m2:0", "user:bob"), people_max=1) is Refusal.PEOPLE
    assert isinstance(take(kept, asked("m3:0", "user:ada"), people_max=1), Grant)


def test_the_last_microcredit_of_the_lease_can_be_set_aside_and_no_more() -> None:
    assert isinstance(take(book(amount=BOUND), asked()), Grant)
    assert take(book(amount=BOUND - 1), asked()) is Refusal.USED_UP


def test_a_small_turn_is_taken_where_a_large_one_is_not() -> None:
    kept = book(amount=1_000)
    assert take(kept, asked()) is Refusal.USED_UP
    assert isinstance(take(kept, Asked("m2:0", "user:ada", 1, 1, 0)), Grant)


def test_what_is_set_aside_is_given_back_when_the_turn_is_settled_for_less() -> None:
    kept = book(amount=BOUND)
    take(kept, asked("m1:0"))
    assert take(kept, asked("m2:0")) is Refusal.USED_UP
    kept.apply(Used("m1:0", "small", 10, 0, 2))
    assert take(kept, asked("m2:0")) is Refusal.USED_UP
    kept.apply(Settled("7f", ("m1:0",), BOUND))
    assert isinstance(take(kept, asked("m2:0")), Grant)


def test_a_turn_that_was_begun_before_is_not_taken_again() -> None:
    kept = book()
    take(kept, asked("m1:0"))
    assert take(kept, asked("m1:0")) is Refusal.REPEATED


def test_a_lease_takes_nothing_in_the_margin_before_it_expires() -> None:
    assert take(book(expire_time_ms=NOW_MS + 5_000), asked()) is Refusal.EXPIRED
    assert isinstance(take(book(expire_time_ms=NOW_MS + 5_001), asked()), Grant)


def test_without_a_lease_nothing_is_taken() -> None:
    kept = book()
    kept.apply(Dropped("7f"))
    assert take(kept, asked()) is Refusal.NO_LEASE
    assert take(Book(), asked()) is Refusal.NO_LEASE


def test_terms_of_a_later_version_are_read_as_far_as_they_are_known() -> None:
    record = HeldLease("7f", 10, 10, NOW_MS * 2, TERMS).record()
    later = Leased("7f", 10, 10, NOW_MS * 2, {**record.terms, "news": 1})
    kept = Book([later])
    assert kept.lease is not None
    assert kept.lease.terms == TERMS


def test_what_credit_refuses_to_settle_is_not_there_to_be_spent_again_until_there_is_another_lease() -> None:
    kept = book(amount=2 * BOUND)
    take(kept, asked("m1:0"))
    kept.apply(WrittenOff("7f", ("m1:0",), BOUND))
    kept.apply(Settled("7f", (), 2 * BOUND))
    assert (kept.left_microcredits, Book(kept.records()).left_microcredits) == (BOUND, BOUND)
    kept.apply(HeldLease("80", BOUND, BOUND, NOW_MS + 60_000, TERMS).record())
    assert kept.left_microcredits == BOUND


def test_what_was_written_off_stays_so_where_credit_gives_the_same_lease_again() -> None:
    kept = book(amount=2 * BOUND)
    take(kept, asked("m1:0"))
    kept.apply(WrittenOff("7f", ("m1:0",), BOUND))
    kept.apply(Dropped("7f"))
    again = HeldLease("7f", 2 * BOUND, 2 * BOUND, NOW_MS + 60_000, TERMS).record()
    started_anew = Book(kept.records())
    for one in (kept, started_anew):
        one.apply(again)
        assert one.left_microcredits == BOUND


def test_a_lease_that_is_to_be_closed_takes_no_turn_and_is_known_until_credit_has_closed_it() -> None:
    kept = book()
    kept.apply(Dropped("7f", to_be_closed=True))
    started_anew = Book(kept.records())
    assert (kept.closing, started_anew.closing) == ("7f", "7f")
    assert take(started_anew, asked()) is Refusal.NO_LEASE
    started_anew.apply(Dropped("7f"))
    assert started_anew.closing == ""
    assert Dropped("7f", to_be_closed=True) not in started_anew.records()
