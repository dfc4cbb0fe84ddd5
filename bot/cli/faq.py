"""`faq …`: the admins' commands on the curated answers. Heavy imports wait until a command needs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress
from rich.table import Table

from bot.cli.common import DEFAULT, ConfigOption, JsonOption, err, load, out, print_json, stop
from bot.config import Config
from bot.domain.errors import BotError

if TYPE_CHECKING:
    from bot.desk.knowledge import Shelf
    from bot.matching.problems import Problem

faq = typer.Typer(no_args_is_help=True, help="常见问题：检查、试问、评测、统计、签署。")
FolderOption = Annotated[Path | None, typer.Option("--faq", help="另一个常见问题文件夹")]
StatutesOption = Annotated[Path | None, typer.Option("--statutes", help="法律文本库文件夹")]
_SHOWN = 40


def _settings(config: Path, folder: Path | None = None) -> Config:
    """The config, or the defaults where there is none: checking and measuring need no desk."""
    settings = load(config) if config.exists() or config != DEFAULT else Config()
    if folder is None:
        return settings
    return settings.model_copy(update={"faq": settings.faq.model_copy(update={"folder": folder})})


def _shelf(settings: Config) -> Shelf:
    from bot.parts import first_shelf, utc_now

    try:
        return first_shelf(settings, utc_now().date())
    except BotError as error:
        raise stop(error) from None


def _show(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        style = "red" if problem.severity == "error" else "yellow"
        out.print(str(problem), style=style, markup=False, highlight=False, soft_wrap=True)


@faq.command("check")
def check(
    config: ConfigOption = DEFAULT,
    folder: FolderOption = None,
    statutes: StatutesOption = None,
    as_json: JsonOption = False,
) -> None:
    """检查全部条目：哪个文件、哪一行、哪一项、怎么改。有错误时退出码是 1。"""
    from bot.matching import lint
    from bot.parts import utc_now

    faq_config = _settings(config, folder).faq
    loaded = lint.check(
        faq_config.folder, utc_now().date(), grace_days=faq_config.grace_days, statutes=statutes
    )
    errors, warnings = lint.counts(loaded.problems)
    if as_json:
        names = ("severity", "file", "line", "field", "what", "fix")
        print_json([{name: getattr(p, name) for name in names} for p in loaded.problems])
    else:
        _show(loaded.problems)
        count = len(loaded.library.entries) if loaded.library else 0
        out.print(f"{count} 个条目，{errors} 处错误，{warnings} 处提示。", highlight=False)
    if errors:
        raise typer.Exit(1)


@faq.command("try")
def try_(
    question: str, config: ConfigOption = DEFAULT, folder: FolderOption = None, as_json: JsonOption = False
) -> None:
    """试问一句：哪些条目、多大把握、为什么（对上和没对上的词）。"""
    from bot.matching.evaluate import decide
    from bot.parts import desk_settings

    settings = _settings(config, folder)
    shelf = _shelf(settings)
    matches = shelf.match(question)
    decision = decide(desk_settings(settings).thresholds, matches)
    if as_json:
        names = ("entry", "phrasing", "matched", "unmatched")
        items = [
            {name: getattr(m, name) for name in names} | {"probability": round(m.probability, 4)}
            for m in matches.items
        ]
        topics = [{"topic": g.topic, "probability": round(g.probability, 4)} for g in matches.topics[:3]]
        kind = {"danger": matches.danger, "small_talk": matches.small_talk, "parts": len(matches.parts)}
        print_json({"decision": decision, "items": items, "topics": topics, **kind})
        return
    table = Table("条目", "问题", "把握", "对上的词", "没对上的词")
    for m in matches.items:
        words = ("、".join(m.matched), "、".join(m.unmatched))
        table.add_row(m.entry, shelf.questions.get(m.entry, ""), f"{m.probability:.0%}", *words)
    out.print(table)
    said = {"answer": "直接回答", "suggest": "问“您是不是想问”", "queue": "转专家"}[decision]
    kinds = (matches.danger and "先给紧急电话", matches.small_talk and "寒暄或无关，不查条目")
    extra = "".join(f"；{kind}" for kind in kinds if kind)
    topics_said = "，".join(f"{shelf.topic_name(g.topic)} {g.probability:.0%}" for g in matches.topics[:3])
    out.print(f"决定：{said}{extra}。专题：{topics_said or '—'}", highlight=False)


@faq.command("eval")
def evaluate(
    questions: Annotated[Path, typer.Argument(help="每行 {question, entry 或 articles 或 none}")],
    config: ConfigOption = DEFAULT,
    folder: FolderOption = None,
    dump: Annotated[Path | None, typer.Option(help="每个问题的结果写到这个文件")] = None,
    as_json: JsonOption = False,
) -> None:
    """用一批问题评测：直接答、建议、转专家各多少，答错多少，把握准不准，多快。"""
    from bot.matching.evaluate import outcomes, report
    from bot.parts import desk_settings

    settings = _settings(config, folder)
    asked = _read(questions)
    shelf = _shelf(settings)
    thresholds = desk_settings(settings).thresholds
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("评测", total=len(asked))
        done = list(
            outcomes(
                shelf.matcher,
                shelf.library,
                asked,
                thresholds,
                lambda at, _: bar.update(task, completed=at),
            )
        )
    if dump is not None:
        lines = (json.dumps(outcome.row(), ensure_ascii=False) for outcome in done)
        dump.write_text("\n".join(lines) + "\n", "utf-8")
    _figures(report(done, shelf.library).as_dict(), as_json)


def _read(questions: Path) -> list[Any]:
    from bot.matching.questions import QuestionsError, read_questions

    try:
        return list(read_questions(questions))
    except (QuestionsError, OSError) as error:
        raise stop(error) from None


def _figures(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    table = Table("项目", "数值")
    for name, value in figures.items():
        table.add_row(name, f"{value:g}" if isinstance(value, int | float) else str(value))
    out.print(table)


@faq.command("test")
def self_test_(
    config: ConfigOption = DEFAULT, folder: FolderOption = None, as_json: JsonOption = False
) -> None:
    """每个问法轮流拿掉再问：能不能找回自己的条目，被谁抢走。会答错时退出码是 1。"""
    from bot.matching.selftest import self_test
    from bot.parts import desk_settings

    settings = _settings(config, folder)
    shelf = _shelf(settings)
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("自测", total=None)
        result = self_test(
            shelf.library,
            desk_settings(settings).thresholds,
            lambda at, total: bar.update(task, completed=at, total=total),
        )
    figures = {
        "phrasings": result.phrasings,
        "r1": round(result.first / max(1, result.phrasings), 4),
        "r3": round(result.among_three / max(1, result.phrasings), 4),
        "wrong_answers": len(result.breaks),
        "not_hit": len(result.not_hit),
    }
    if as_json:
        print_json(figures | {"thieves": dict(result.thieves)})
    else:
        _figures(figures, as_json)
        for miss in (*result.breaks, *result.not_hit)[:_SHOWN]:
            said = f"{miss.entry} 的“{miss.phrasing}” → {miss.thief}（{miss.probability:.0%}）"
            out.print(said, markup=False, highlight=False, soft_wrap=True)
        for thief, count in result.thieves[:_SHOWN]:
            victims = "、".join(f"{entry} {n}" for entry, n in result.victims(thief)[:5])
            out.print(f"{thief} 抢走 {count} 个：{victims}", markup=False, highlight=False, soft_wrap=True)
    if result.breaks or result.not_hit:
        raise typer.Exit(1)


@faq.command("stats")
def stats(config: ConfigOption = DEFAULT, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """条目、问法、各专题数量、未签署、过期未复核、相近的问法、长度。"""
    from dataclasses import asdict

    from bot.matching.stats import stats as count
    from bot.parts import utc_now

    shelf = _shelf(_settings(config, folder))
    _figures(asdict(count(shelf.library, utc_now().date())), as_json)


@faq.command("gaps")
def gaps(
    questions: Annotated[Path, typer.Argument(help="市民的真实问题，每行 {question}")],
    config: ConfigOption = DEFAULT,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """没有条目能答的问题，相近的归在一起，多的在前：下一步该写什么。"""
    from dataclasses import asdict

    from bot.matching.gaps import gaps as find
    from bot.parts import desk_settings

    settings = _settings(config, folder)
    texts = [asked.text for asked in _read(questions)]
    shelf = _shelf(settings)
    with Progress(console=err, transient=True) as bar:
        task = bar.add_task("归类", total=len(texts))
        found = find(
            shelf.library,
            texts,
            desk_settings(settings).thresholds,
            lambda at, _: bar.update(task, completed=at),
        )
    if as_json:
        print_json([asdict(gap) for gap in found])
        return
    table = Table("多少", "专题", "共同的词", "例子")
    for gap in found[:_SHOWN]:
        topic = shelf.topic_name(gap.topic) if gap.topic else "—"
        table.add_row(str(gap.count), topic, "、".join(gap.words), "\n".join(gap.examples))
    out.print(table)


@faq.command("sign")
def sign(
    what: Annotated[str, typer.Argument(help="条目的 id，或专题目录名")],
    by: Annotated[str, typer.Option("--by", help="签署的律师姓名")],
    config: ConfigOption = DEFAULT,
    folder: FolderOption = None,
) -> None:
    """签署一个条目或整个专题：记下姓名和版本，以后改了内容，签署自动失效。"""
    from bot.matching import signing
    from bot.parts import utc_now

    shelf = _shelf(_settings(config, folder))
    library = shelf.library
    chosen = [e for e in library.entries.values() if what in (e.id, e.topic)]
    if not chosen:
        raise stop(BotError(f"没有这个条目或专题：{what}"))
    problems = [signing.sign(library.folder, e, by, utc_now().date()) for e in chosen]
    _show(tuple(p for p in problems if p is not None))
    out.print(f"已签署 {problems.count(None)} 条，签署人 {by}。", highlight=False)
    if any(problems):
        raise typer.Exit(1)


@faq.command("laws")
def laws(
    statutes: Annotated[Path, typer.Option("--statutes", help="法律文本库文件夹")],
    config: ConfigOption = DEFAULT,
    folder: FolderOption = None,
) -> None:
    """按条目引用的法律，从法律文本库重新生成 laws.toml。"""
    from bot.matching.laws import laws_toml

    library = _shelf(_settings(config, folder)).library
    text, missing = laws_toml(library.entries.values(), statutes)
    (library.folder / "laws.toml").write_text(text, "utf-8")
    for name in missing:
        out.print(f"法律文本库里没有：{name}", style="yellow", markup=False)
    out.print("laws.toml 已生成。")
