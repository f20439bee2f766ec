"""Credits in words: 1 credit is 1,000,000 microcredits. Pure."""

from decimal import Decimal, InvalidOperation

MICROCREDITS = 1_000_000
MICROCREDITS_MAX = 10**12  # in one grant, as the protos say


def credits_text(microcredits: int) -> str:
    """An amount with four decimals, or all six where four would show nothing."""
    amount = Decimal(microcredits) / MICROCREDITS
    shown = f"{amount:,.4f}"
    if microcredits and Decimal(shown.replace(",", "")) == 0:
        shown = f"{amount:,.6f}"
    whole, _, decimals = shown.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def plain_credits(microcredits: int) -> str:
    """An amount for programs to read: exact, with six decimals and nothing between its digits."""
    return f"{Decimal(microcredits) / MICROCREDITS:.6f}"


def microcredits_or_none(text: str) -> int:
    """The amount that a person wrote in credits, which may be 0. Raises ValueError with a sentence."""
    return 0 if text.strip("0") in ("", ".") and "0" in text else microcredits(text)


def microcredits(text: str) -> int:
    """The amount that a person wrote in credits. Raises ValueError with a sentence."""
    try:
        amount = Decimal(text) * MICROCREDITS
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount of credits, such as 5 or 0.25") from None
    if not amount.is_finite() or not 0 < amount <= MICROCREDITS_MAX or amount != amount.to_integral_value():
        raise ValueError(f"{text!r} is not an amount above zero and at most a million, with at most six decimals")
    return int(amount)
