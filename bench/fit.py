"""Fit bot/matching/weights.json.

python bench/fit.py --clinc CLINC150_DIR --articles STARD.jsonl [--faq faq] [--seed 7] [--out FILE]

Data: the FAQ's own phrasings, held out from their entries, with whole entries left out as questions
that have no answer, `not:` phrasings as the hardest of these, and made-up small talk; for English a part
of CLINC150 (CC BY 3.0): its corpus, the first 600 test queries and the first 150 out-of-scope ones; and
every other STARD question (MIT), where an entry is right when it rests on one of the question's articles.
The loss is a softmax over the candidates and "none of them", so that the output is a probability. Signs
are bounded: likeness never counts against.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.edits import light
from bench.smalltalk import off_topic
from bot.matching.engine import Engine, Group
from bot.matching.evaluate import is_right
from bot.matching.features import NAMES
from bot.matching.groups import groups_of
from bot.matching.library import Library, load_library
from bot.matching.questions import read_questions
from bot.matching.weights import POOL_NAMES, Weights, from_names
from bot.matching.words import Splitter

FREE = ("bias", "query_length")
DOWN = ("numbers", "length", "not", "alien", "spread")
RIDGE = 1e-4
Floors = dict[str, tuple[float | None, float | None]]
# Own phrasings differ in length and order on purpose; where an entry has one phrasing, likeness must count.
SINGLE_FLOORS: Floors = {"token_sort": (2.0, None), "length": (None, -1.0)}
# Our own long phrasings are all to the point; real long stories are not, so length must not make sure.
POOLED_BOUNDS: Floors = {"query_length": (0.0, 4.0)}
Row = np.ndarray[Any, Any]


@dataclass
class Asked:
    """One training question: the features of its candidates and which of them is right."""

    features: np.ndarray[Any, Any]
    right: np.ndarray[Any, Any]


def ask(engine: Engine, questions: Iterable[tuple[str, int | None]]) -> list[Asked]:
    out = []
    for text, gold in questions:
        found = engine.rank(engine.query(text))
        if found.groups:
            out.append(Asked(found.features, np.array([g == gold for g in found.groups])))
    return out


def single_faq(library: Library, rng: random.Random) -> list[Asked]:
    """One phrasing of 2 in 5 entries; two others and a retyped one ask for it; 3 in 10 are missing."""
    groups: list[Group] = []
    questions: list[tuple[str, int | None]] = []
    for entry in library.served:
        if rng.random() > 0.4:
            continue
        phrasings = rng.sample(entry.phrasings, len(entry.phrasings))
        if rng.random() < 0.3:
            questions += [(p, None) for p in phrasings[:3]]
            continue
        questions += [(p, len(groups)) for p in (*phrasings[1:3], light(phrasings[0], rng))]
        questions += [(p, None) for p in entry.not_[:1]]
        groups.append(Group(phrasings[:1]))
    return ask(Engine(groups, Splitter()), questions)


def held_out(library: Library, rng: random.Random) -> tuple[Engine, list[tuple[str, int | None]]]:
    """Two phrasings an entry ask from outside, one retyped; a fourth is missing; small talk too."""
    kept: list[Group] = []
    questions: list[tuple[str, int | None]] = [(t, None) for t in off_topic(len(library.served), rng)]
    of_entry, topics = groups_of(library.served, library.topics, library.hints, library.laws)
    for group in of_entry:
        phrasings = rng.sample(list(group.phrasings), len(group.phrasings))
        if rng.random() < 1 / 4:
            questions += [(p, None) for p in phrasings[:2]]
            continue
        questions += [(p, len(kept)) for p in (*phrasings[:2], light(phrasings[2], rng))]
        questions += [(p, None) for p in group.not_[:1]]
        kept.append(Group(phrasings[2:], group.not_[1:], group.more, group.topic))
    return Engine(kept, Splitter(library.lexicon.concepts), topics=len(topics)), questions


def curve(library: Library, weights: Weights, rng: random.Random) -> list[list[float]]:
    """[threshold, share of right answers among those at or above it], from phrasings held out anew."""
    points: list[tuple[float, bool]] = []
    for _ in range(2):
        engine, questions = held_out(library, rng)
        engine.weights = weights
        for text, gold in questions:
            found = engine.rank(engine.query(text))
            if found.groups:
                points.append((found.probabilities[0], found.groups[0] == gold))
    p, right = np.array([x for x, _ in points]), np.array([y for _, y in points])
    steps = [round(float(t), 2) for t in np.arange(0.05, 0.995, 0.01) if (p >= t).sum() >= 25]
    return [[t, round(float(np.maximum(right[p >= t].mean(), 0)), 4)] for t in steps]


def with_articles(library: Library, path: Path) -> list[Asked]:
    """Every other question that names its articles; right is each entry that rests on one of them."""
    groups, topics = groups_of(library.served, library.topics, library.hints, library.laws)
    engine = Engine(groups, Splitter(library.lexicon.concepts), topics=len(topics))
    out = []
    for asked in read_questions(path)[::2]:
        found = engine.rank(engine.query(asked.text))
        right = [is_right(library.served[g], asked) for g in found.groups]
        out += [Asked(found.features, np.array(right))] if right else []
    return out


def clinc(folder: Path, phrasings: int) -> list[Asked]:
    rows, queries, oos = (_lines(folder / f"{name}.jsonl") for name in ("corpus", "queries", "oos"))
    intents: dict[str, list[str]] = {}
    for row in rows:
        intents.setdefault(row["faq"], []).append(row["question"])
    names = list(intents)
    questions: list[tuple[str, int | None]] = [(q["question"], names.index(q["faq"])) for q in queries[:600]]
    questions += [(q["question"], None) for q in oos[:150]]
    return ask(Engine([Group(intents[n][:phrasings]) for n in names], Splitter()), questions)


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def fit(asked: Sequence[Asked], names: tuple[str, ...], floors: Floors) -> tuple[dict[str, float], float]:
    """Weights by name and the mean loss."""
    try:
        from scipy.optimize import minimize
    except ImportError:
        sys.exit("bench/fit.py needs scipy: pip install scikit-learn")
    x = np.concatenate([a.features for a in asked]).astype(np.float64)
    of = np.repeat(np.arange(len(asked)), [len(a.features) for a in asked])
    right = np.concatenate([a.right for a in asked]).astype(np.float64)
    signs = {n: (None, None) if n in FREE else (None, 0) if n in DOWN else (0, None) for n in names}
    bounds = list((signs | floors).values())
    start = [low or high or 0.0 for low, high in bounds]
    result = minimize(
        _loss, start, (x, of, right, len(asked)), jac=True, method="L-BFGS-B", bounds=bounds,
        options={"maxiter": 500},
    )  # fmt: skip
    weights = {n: round(float(w), 4) for n, w in zip(names, result.x, strict=True) if abs(w) > 1e-4}
    return weights, float(result.fun)


def _loss(w: Row, x: Row, of: Row, right: Row, n: int) -> tuple[float, Row]:
    odds = np.exp(np.clip(x @ w, -30, 30))
    total = 1 + np.bincount(of, odds, n)
    good = np.bincount(of, odds * right, n)
    known = np.bincount(of, right, n) > 0
    loss = -(np.log(np.where(known, good, 1)) - np.log(total)).sum() / n
    target = np.where(known[of], odds * right / np.maximum(good[of], 1e-12), 0)
    gradient = x.T @ (odds / total[of] - target) / n
    penalty = RIDGE * w
    penalty[len(NAMES) - 1] = 0
    return float(loss + (penalty * w).sum()), gradient + 2 * penalty


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faq", type=Path, default=Path("faq"))
    parser.add_argument("--clinc", type=Path, required=True)
    parser.add_argument("--articles", type=Path, required=True, help="STARD questions with their articles")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path, default=Path("bot/matching/weights.json"))
    args = parser.parse_args()
    loaded = load_library(args.faq, date.today())
    if loaded.library is None:
        sys.exit("\n".join(map(str, loaded.problems)))
    rng = random.Random(args.seed)
    library = loaded.library
    single = [a for _ in range(6) for a in single_faq(library, rng)] + 3 * clinc(args.clinc, 1)
    pooled = [a for _ in range(3) for a in ask(*held_out(library, rng))] + 3 * clinc(args.clinc, 5)
    pooled += with_articles(library, args.articles)
    single_weights, single_loss = fit(single, NAMES, SINGLE_FLOORS)
    pooled_weights, pooled_loss = fit(pooled, NAMES + POOL_NAMES, POOLED_BOUNDS)
    provenance = {
        "command": f"python bench/fit.py --faq faq --clinc CLINC150 --articles STARD --seed {args.seed}",
        "data": [
            "own FAQ phrasings, held out",
            "made-up small talk (bench/smalltalk.py)",
            "STARD questions with articles, every other one (MIT)",
            "CLINC150 test queries 1-600, out-of-scope 1-150 (CC BY 3.0)",
        ],
        "faq_version": library.version,
        "entries": len(library.served),
        "questions": {"single": len(single), "pooled": len(pooled)},
        "loss": {"single": round(single_loss, 4), "pooled": round(pooled_loss, 4)},
    }
    weights = from_names(single_weights, pooled_weights)
    precision = curve(library, weights, random.Random(args.seed + 1))
    out = {
        "provenance": provenance,
        "single": single_weights,
        "pooled": pooled_weights,
        "precision": precision,
    }
    args.out.write_text(json.dumps(out, ensure_ascii=False, indent=1) + "\n", "utf-8")
    print(json.dumps(out, ensure_ascii=False))


if __name__ == "__main__":
    main()
