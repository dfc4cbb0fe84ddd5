"""What each part brings, on the FAQ's held-out phrasings: python bench/ablation.py [--faq faq] [--seed 99].

Each line leaves one part out of the same build (weights are not fitted again).
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.fit import held_out
from bench.matching import right_at
from bot.matching.engine import Engine
from bot.matching.evaluate import calibration_error
from bot.matching.features import NAMES
from bot.matching.lexicon import Lexicon
from bot.matching.library import Library, load_library
from bot.matching.weights import POOL_NAMES, Weights, shipped

PARTS: dict[str, tuple[str, ...]] = {
    "all": (),
    "without the trained softmax": ("log_p", "sure", "odds"),
    "without the lead": ("lead",),
    "without topic evidence": ("topic", "spread"),
    "without not: phrasings": ("not",),
    "without unknown words": ("alien",),
    "without the nearest phrasing": tuple(n for n in NAMES if n not in ("bias", "query_length")),
    "without sound": ("sound",),
    "without query length": ("query_length",),
}


def without(names: Sequence[str]) -> Weights:
    base = shipped()
    kept = np.array([n not in names for n in NAMES + POOL_NAMES], np.float32)
    return Weights(base.single, base.pooled * kept, base.precision)


def line(name: str, engine: Engine, asked: list[tuple[str, int | None]]) -> str:
    scores, right, third = [], [], 0
    for text, gold in asked:
        found = engine.rank(engine.query(text))
        scores.append(found.probabilities[0] if found.groups else 0.0)
        right.append(bool(found.groups) and found.groups[0] == gold)
        third += gold is not None and gold in found.groups[:3]
    known = sum(g is not None for _, g in asked)
    at = " ".join(f"{right_at(scores, right, known, p):6.3f}" for p in (0.95, 0.9, 0.8))
    ece = calibration_error(scores, right)
    return f"{name:34} {sum(right) / known:6.3f} {third / known:6.3f} {at} {ece:6.3f}"


def run(library: Library, seed: int) -> None:
    engine, asked = held_out(library, random.Random(seed))
    print(f"{'part':34} {'R@1':>6} {'R@3':>6} {'@0.95':>6} {'@0.9':>6} {'@0.8':>6} {'ECE':>6}")
    for name, parts in PARTS.items():
        engine.weights = without(parts)
        print(line(name, engine, asked), flush=True)
    bare = {"without the lexicon": replace(library, lexicon=Lexicon())}
    silent = tuple(replace(e, answer="", keywords=()) for e in library.served)
    bare["without answers and keywords"] = replace(library, served=silent)
    for name, changed in bare.items():
        engine, asked = held_out(changed, random.Random(seed))
        print(line(name, engine, asked), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faq", type=Path, default=Path("faq"))
    parser.add_argument("--seed", type=int, default=99)
    args = parser.parse_args()
    loaded = load_library(args.faq, date.today())
    if loaded.library is None:
        sys.exit("\n".join(map(str, loaded.problems)))
    run(loaded.library, args.seed)


if __name__ == "__main__":
    main()
