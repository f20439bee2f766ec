"""Which texts the model reads together: as many as fit, padding counted, because what it holds meanwhile grows with them."""

from collections.abc import Sequence


def batches_within(lengths: Sequence[int], *, tokens_max: int) -> list[list[int]]:
    """Return the places of texts that are `lengths` tokens long, each once, in batches of at most `tokens_max` tokens, the shortest texts first.

    All texts of a batch are padded to its longest, so it counts as its texts times that; those of like length are put together. A text that is
    longer than a batch may be has one to itself.
    """
    batches: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batches and (len(batches[-1]) + 1) * lengths[place] <= tokens_max:
            batches[-1].append(place)
        else:
            batches.append([place])
    return batches
