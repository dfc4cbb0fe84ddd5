"""`faq …`: the admins' commands on the curated answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from bot.cli.common import DEFAULT, ConfigOption, JsonOption, err, load, out, print_json, stop
from bot.config import Config
from bot.desk.knowledge import Shelf
from bot.domain.errors import BotError
from bot.matching.evaluate import outcomes, report
from bot.matching.questions import QuestionsError, read_questions
from bot.parts import desk_settings, first_shelf, load_faq, utc_now

faq = typer.Typer(no_args_is_help=True, help="常见问题：检查、试问、评测。")


@faq.command("check")
def faq_check(config: ConfigOption = DEFAULT, as_json: JsonOption = False) -> None:
    """检查全部条目：哪个文件、哪一行、哪一项、怎么改。"""
    settings = _settings(config, None)
    loaded = load_faq(settings, utc_now().date())
    problems = loaded.problems
    if as_json:
        rows = [
            {
                "severity": p.severity,
                "file": p.file,
                "line": p.line,
                "field": p.field,
                "what": p.what,
                "fix": p.fix,
            }
            for p in problems
        ]
        print_json(rows)
    else:
        for problem in problems:
            style = "red" if problem.severity == "error" else "yellow"
            out.print(str(problem), style=style, markup=False, highlight=False, soft_wrap=True)
        count = len(loaded.library.entries) if loaded.library else 0
        out.print(f"{count} 条可用，{len(problems)} 处提示。" if loaded.library else "有错误，不能上线。")
    if loaded.library is None:
        raise typer.Exit(1)


@faq.command("try")
def faq_try(question: str, config: ConfigOption = DEFAULT, as_json: JsonOption = False) -> None:
    """试问一句：哪些条目、多大把握、为什么（对上和没对上的词）。"""
    settings = _settings(config, None)
    shelf = _shelf(settings)
    matches = shelf.match(question)
    decision = desk_settings(settings).thresholds.decide(matches)
    if as_json:
        items = [
            {
                "entry": m.entry,
                "probability": round(m.probability, 4),
                "matched": m.matched,
                "unmatched": m.unmatched,
            }
            for m in matches.items
        ]
        topics = [{"topic": g.topic, "probability": round(g.probability, 4)} for g in matches.topics[:3]]
        print_json({"decision": decision, "items": items, "topics": topics})
        return
    table = Table("条目", "问题", "把握", "对上的词", "没对上的词")
    for m in matches.items:
        question_of = shelf.questions.get(m.entry, "")
        table.add_row(
            m.entry, question_of, f"{m.probability:.0%}", "、".join(m.matched), "、".join(m.unmatched)
        )
    out.print(table)
    topics_said = "，".join(f"{shelf.topic_name(g.topic)} {g.probability:.0%}" for g in matches.topics[:3])
    said = {"answer": "直接回答", "suggest": "问“您是不是想问”", "queue": "转专家"}[decision]
    extra = "".join(
        f"；{x}" for x in (matches.danger and "危险：先给紧急电话", matches.small_talk and "寒暄") if x
    )
    out.print(f"决定：{said}{extra}。专题：{topics_said or '—'}")


@faq.command("eval")
def faq_eval(
    questions: Annotated[Path, typer.Argument(help="每行 {question, entry 或 articles 或 none}")],
    config: ConfigOption = DEFAULT,
    folder: Annotated[Path | None, typer.Option("--faq", help="另一个常见问题文件夹")] = None,
    dump: Annotated[Path | None, typer.Option(help="每个问题的结果写到这个文件")] = None,
    as_json: JsonOption = False,
) -> None:
    """用一批问题评测：直接答、建议、转专家各多少，答错多少，把握准不准，多快。"""
    settings = _settings(config, folder)
    shelf = _shelf(settings)
    try:
        asked = read_questions(questions)
    except (QuestionsError, OSError) as error:
        raise stop(error) from None
    thresholds = desk_settings(settings).thresholds
    with Progress(console=err, transient=True, disable=as_json) as bar:
        task = bar.add_task("评测", total=len(asked))
        run = outcomes(
            shelf.matcher, shelf.library, asked, thresholds, lambda done, _: bar.update(task, completed=done)
        )
        done = list(run)
    if dump is not None:
        lines = (json.dumps(outcome.row(), ensure_ascii=False) for outcome in done)
        dump.write_text("\n".join(lines) + "\n", "utf-8")
    figures = report(done, shelf.library).as_dict()
    if as_json:
        print_json(figures)
        return
    table = Table("项目", "数值")
    for name, value in figures.items():
        table.add_row(name, f"{value:g}")
    out.print(table)


def _settings(config: Path, folder: Path | None) -> Config:
    """The config, or the defaults where there is none: measuring needs no desk."""
    settings = load(config) if config.exists() or config != DEFAULT else Config()
    if folder is None:
        return settings
    return settings.model_copy(update={"faq": settings.faq.model_copy(update={"folder": folder})})


def _shelf(settings: Config) -> Shelf:
    try:
        return first_shelf(settings, utc_now().date())
    except BotError as error:
        raise stop(error) from None
