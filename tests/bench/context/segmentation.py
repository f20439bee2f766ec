"""How well topics are told apart: the sessions of public dialogues joined end to end, times removed, set against TextTiling.

`topic_pk_vs_texttiling` is the P_k of topics.topic_segmentation divided by that of nltk's TextTilingTokenizer with its defaults, each
averaged over the dialogues. P_k (Beeferman et al. 1999) is the share of pairs of messages, half a mean session apart, that are wrongly said to be in
one session or in two. No database and no times: texts and embeddings only. The three other figures put it in proportion: what drift of meaning
alone is worth, greetings and farewells left out, and what no boundary at all gets.

TextTiling splits text into pseudo-sentences and moves its boundaries to paragraphs: each message is one. Its default stop words are a download that
the tests do without; it is given those of services.retrieval.terms.
"""

import argparse
import asyncio
import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from statistics import mean

from nltk.metrics.segmentation import pk
from nltk.tokenize.texttiling import TextTilingTokenizer

from services.conversation.topics.topic_segmentation import Segmentation, decided, utterance
from services.retrieval.embedding import EmbeddingModel
from services.retrieval.terms import STOPWORDS
from services.retrieval.text_embedding import Vectors
from tests.bench.recall.dialogues import Dialogue, load

DRIFT_ALONE = replace(Segmentation(), opening=0.0, farewell=0.0, drift=2.5)
"""Cues left out; with the weight that it has beside them drift alone would hardly ever be enough."""


async def measure(data: Path) -> dict[str, float]:
    """Return the figures over all dialogues of a folder. Raises OSError and ValueError."""
    dialogues = load(data)
    vectors, tiled = await asyncio.gather(_embedded(dialogues), asyncio.to_thread(lambda: [texttiling(dialogue) for dialogue in dialogues]))
    ours = mean(error(dialogue, boundaries(dialogue, vectors[dialogue.name], Segmentation())) for dialogue in dialogues)
    drift = mean(error(dialogue, boundaries(dialogue, vectors[dialogue.name], DRIFT_ALONE)) for dialogue in dialogues)
    texttiling_pk = mean(error(dialogue, found) for dialogue, found in zip(dialogues, tiled, strict=True))
    return {
        "topic_pk_vs_texttiling": round(ours / texttiling_pk, 4),
        "topic_pk": round(ours, 4),
        "texttiling_pk": round(texttiling_pk, 4),
        "topic_pk_drift_alone": round(drift, 4),
        "topic_pk_no_boundaries": round(mean(error(dialogue, []) for dialogue in dialogues), 4),
    }


def sessions(dialogue: Dialogue) -> list[int]:
    """Return the places of the turns that begin a session, but the first."""
    names = [turn.turn_id.partition(":")[0] for turn in dialogue.turns]
    return [place for place, (before, after) in enumerate(pairwise(names), start=1) if before != after]


def error(dialogue: Dialogue, found: Sequence[int]) -> float:
    """Return the P_k of boundaries that were found, 0 to 1, lower is better; k is half the mean length of a session."""
    true = sessions(dialogue)
    k = round(len(dialogue.turns) / (len(true) + 1) / 2)
    return float(pk(_marked(len(dialogue.turns), true), _marked(len(dialogue.turns), found), k))


def boundaries(dialogue: Dialogue, vectors: Vectors, rules: Segmentation) -> list[int]:
    """Return what Parlour finds, as shipped but for `rules`."""
    return decided([utterance(turn.text, vector) for turn, vector in zip(dialogue.turns, vectors, strict=True)], rules, ended=True)


def texttiling(dialogue: Dialogue) -> list[int]:
    """Return what TextTiling finds, at the nearest message each."""
    paragraphs = [" ".join(turn.text.split()) for turn in dialogue.turns]
    starts = [0]
    for paragraph in paragraphs[:-1]:
        starts.append(starts[-1] + len(paragraph) + 2)
    found, position = set(), 0
    for segment in TextTilingTokenizer(stopwords=STOPWORDS).tokenize("\n\n".join(paragraphs))[:-1]:
        position += len(segment)
        after = bisect_left(starts, position)
        found.add(min(range(max(0, after - 1), min(after + 1, len(starts))), key=lambda place: abs(starts[place] - position)))
    return sorted(found - {0})


async def _embedded(dialogues: Sequence[Dialogue]) -> dict[str, Vectors]:
    model = EmbeddingModel()
    try:
        return {dialogue.name: await model.embed([turn.text for turn in dialogue.turns]) for dialogue in dialogues}
    finally:
        model.close()


def _marked(length: int, places: Sequence[int]) -> str:
    chosen = set(places)
    return "".join("1" if place in chosen else "0" for place in range(length))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.context.segmentation", description=__doc__)
    parser.add_argument("data", type=Path, help="a folder with locomo_turns.jsonl and locomo_questions.jsonl")
    print(json.dumps(asyncio.run(measure(parser.parse_args().data))))


if __name__ == "__main__":
    main()
