"""Retrieval side by side.

python bench/matching.py CORPUS.jsonl QUERIES.jsonl [--oos OOS.jsonl] [--peers] [--json OUT]

Corpus lines {"id", "question", "faq"?} (same `faq` = one entry), queries {"question", "gold", "faq"?},
oos lines {"question"}.
Any entry with the gold's `faq` is right. "Right at 95 %" is the share of the queries that are answered right
when the method answers as much as it can with at least 95 % of its answers right, over queries and oos.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

Found = Sequence[tuple[str, float]]
Finder = Callable[[str], Found]
PRECISIONS = (0.99, 0.95, 0.9, 0.8)


@dataclass
class Task:
    """`texts` and `owners` are the corpus; `asked` pairs a query with its entry (None: no answer)."""

    texts: list[str]
    owners: list[str]
    asked: list[tuple[str, str | None]]


@dataclass
class Method:
    """A finder that was built, with what the build cost."""

    find: Finder
    build_s: float
    mb: float


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as f:
        return [json.loads(line) for line in f if line.strip()]


def load(corpus: Path, queries: Path, oos: Path | None) -> Task:
    rows = lines(corpus)
    of = {str(r["id"]): str(r.get("faq", r["id"])) for r in rows}
    asked: list[tuple[str, str | None]] = [
        (q["question"], str(q.get("faq", of.get(str(q["gold"]), q["gold"])))) for q in lines(queries)
    ]
    asked += [(q["question"], None) for q in (lines(oos) if oos else [])]
    return Task([r["question"] for r in rows], [of[str(r["id"])] for r in rows], asked)


def rss_mb() -> float:
    """Resident memory now (Linux), else the peak so far."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def built(make: Callable[[Task], Finder], task: Task) -> Method:
    gc.collect()
    before, began = rss_mb(), time.perf_counter()
    find = make(task)
    took = time.perf_counter() - began
    gc.collect()
    return Method(find, took, max(0.0, rss_mb() - before))


def ours(task: Task) -> Finder:
    from bot.matching.engine import Engine, Group
    from bot.matching.words import Splitter

    entries: dict[str, list[str]] = {}
    for text, owner in zip(task.texts, task.owners, strict=True):
        entries.setdefault(owner, []).append(text)
    names = list(entries)
    engine = Engine([Group(p) for p in entries.values()], Splitter())

    def find(text: str) -> Found:
        found = engine.rank(engine.query(text))
        return [(names[g], p) for g, p in zip(found.groups[:3], found.probabilities[:3], strict=True)]

    return find


def measure(method: Method, task: Task, limit: int) -> dict[str, object]:
    """All figures of one method. The first queries warm caches and are timed again."""
    for text, _ in task.asked[:20]:
        method.find(text)
    scores, right, third, micros = [], [], [], []
    for text, gold in task.asked[:limit] if limit else task.asked:
        began = time.perf_counter_ns()
        found = method.find(text)
        micros.append((time.perf_counter_ns() - began) / 1000)
        scores.append(found[0][1] if found else -1e9)
        right.append(bool(found) and gold is not None and found[0][0] == gold)
        third.append(gold is not None and any(owner == gold for owner, _ in found[:3]))
    answerable = sum(gold is not None for _, gold in (task.asked[:limit] if limit else task.asked))
    return {
        "r1": round(sum(right) / max(1, answerable), 4),
        "r3": round(sum(third) / max(1, answerable), 4),
        "right_at": {str(p): right_at(scores, right, answerable, p) for p in PRECISIONS},
        "auroc": auroc(scores, right),
        "p50_us": round(float(np.percentile(micros, 50)), 1),
        "p99_us": round(float(np.percentile(micros, 99)), 1),
        "build_s": round(method.build_s, 3),
        "mb": round(method.mb, 1),
    }


def right_at(scores: Sequence[float], right: Sequence[bool], answerable: int, precision: float) -> float:
    order = np.argsort(-np.array(scores), kind="stable")
    good = np.cumsum(np.array(right)[order])
    share = good / np.arange(1, len(good) + 1)
    return round(float(good[share >= precision].max(initial=0)) / max(1, answerable), 4)


def auroc(scores: Sequence[float], right: Sequence[bool]) -> float:
    """How well the score tells right first answers from the rest (ties count half)."""
    s, y = np.array(scores), np.array(right)
    if y.all() or not y.any():
        return 0.0
    _, inverse, counts = np.unique(s, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    good = int(y.sum())
    return round(float((ranks[y].sum() - good * (good + 1) / 2) / (good * (len(y) - good))), 4)


def table(results: dict[str, dict[str, object]]) -> str:
    head = f"{'method':22} {'R@1':>6} {'R@3':>6}" + "".join(f" {'@' + str(p):>6}" for p in PRECISIONS)
    rows = [head + f" {'AUROC':>6} {'p50us':>8} {'p99us':>8} {'build':>7} {'MB':>6}"]
    for name, r in results.items():
        at = r["right_at"]
        assert isinstance(at, dict)
        figures = [r["r1"], r["r3"], *at.values(), r["auroc"]]
        line = f"{name:22} " + " ".join(f"{float(str(f)):6.3f}" for f in figures)
        rows.append(line + f" {r['p50_us']:>8} {r['p99_us']:>8} {r['build_s']:>7} {r['mb']:>6}")
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("queries", type=Path)
    parser.add_argument("--oos", type=Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--limit", type=int, default=0, help="measure only the first N questions")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    task = load(args.corpus, args.queries, args.oos)
    makers: dict[str, Callable[[Task], Finder]] = {"ours": ours}
    if args.peers:
        from bench.peers import peers

        makers |= peers()
    results = {}
    ours(Task(task.texts[:50], task.owners[:50], []))("warm")
    for name, make in makers.items():
        print(f"{name} …", file=sys.stderr, flush=True)
        results[name] = measure(built(make, task), task, args.limit)
    print(table(results))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
