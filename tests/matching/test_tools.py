"""The admins' tools: laws, statutes, check, test, stats, gaps, evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.domain.faq import Citation, EntryId
from bot.domain.match import Decision, Thresholds
from bot.matching.evaluate import calibration_error, outcomes, report
from bot.matching.gaps import gaps
from bot.matching.laws import article_number, laws_toml, number
from bot.matching.library import Library, load_library
from bot.matching.lint import check, phrasing_clashes
from bot.matching.matcher import Matcher
from bot.matching.problems import Severity
from bot.matching.questions import Asked, QuestionsError, law_name, read_questions
from bot.matching.selftest import held_out, self_test, without
from bot.matching.stats import stats
from bot.matching.statutes import Wording, compare, figures
from tests.matching.conftest import ENTRY, TODAY

Change = Callable[[str, str], Path]
EASY = Thresholds(0.5, 0.2)


def errors(folder: Path, today: date = TODAY) -> list[tuple[str, str]]:
    return [(p.field, p.what) for p in check(folder, today).problems if p.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("十", 10),
        ("十五", 15),
        ("二百三十四", 234),
        ("一千零七十九", 1079),
        ("三万五千", 35000),
        ("两", 2),
        ("甲", -1),
        ("", -1),
    ],
)
def test_chinese_numerals_are_read(text: str, value: int) -> None:
    assert number(text) == value


def test_articles_are_numbered() -> None:
    assert article_number("第一千零七十九条") == 1079
    assert article_number("第二百八十七条之二") == 287
    assert article_number("总则") == -1


def test_a_good_folder_passes_the_check(folder: Path) -> None:
    assert errors(folder) == []


def test_an_article_that_does_not_exist_is_refused(change: Change) -> None:
    assert any("不存在" in what for _, what in errors(change("第五十条", "第一百零八条")))


def test_a_law_that_is_unknown_or_not_yet_in_force_is_refused(change: Change, folder: Path) -> None:
    assert any("才施行" in what for _, what in errors(folder, date(2018, 12, 28)))
    assert any("不在 laws.toml" in what for _, what in errors(change("[劳动法,", "[劳动大法,")))


def test_dates_that_have_passed_are_refused(folder: Path, change: Change) -> None:
    assert any(field == "review_by" for field, _ in errors(folder, date(2027, 11, 2)))
    assert any(field == "reviewed" for field, _ in errors(folder, date(2026, 10, 1)))
    assert any("没有法律依据" in what for _, what in errors(change("  - [劳动法, 第五十条]\n", "")))


def test_one_wording_belongs_to_one_entry(folder: Path) -> None:
    (folder / "labor" / "b.md").write_text(
        ENTRY.format(id="bb", question="请问公司拖欠工资怎么办？谢谢"), "utf-8"
    )
    assert any("也在" in what for _, what in errors(folder))


def test_an_entry_cannot_refuse_its_own_wording(change: Change) -> None:
    assert any(field == "not" for field, _ in errors(change("公司拖欠工程款怎么办", "干了活不给工钱？")))


def test_the_shipped_library_passes_the_check(library: Library) -> None:
    assert [str(p) for p in check(library.folder, TODAY).problems if p.severity is Severity.ERROR] == []
    assert phrasing_clashes(library) == []


def test_laws_are_written_from_the_statutes(folder: Path, tmp_path: Path) -> None:
    row = {"law": "中华人民共和国劳动法", "short": "劳动法", "issued": "2018-12-29", "in_force": "2018-12-29",
           "status": "in_force", "articles": 107, "url": "https://example.org"}  # fmt: skip
    (tmp_path / "laws.jsonl").write_text(json.dumps(row, ensure_ascii=False) + "\n", "utf-8")
    library = load_library(folder, TODAY).library
    assert library is not None
    text, missing = laws_toml(library.entries.values(), tmp_path)
    assert missing == []
    (folder / "laws.toml").write_text(text, "utf-8")
    again = load_library(folder, TODAY).library
    assert again is not None
    assert again.laws["劳动法"].articles == 107
    assert again.laws["劳动法"].in_force == date(2018, 12, 29)


def test_figures_are_compared_in_one_spelling() -> None:
    assert set(figures("三十日内，百分之二十，二倍，半年，1年")) == {"30日", "20%", "2倍", "6个月", "12个月"}
    assert set(figures("百分之零点五，一点五倍，两倍")) == {"0.5%", "1.5倍", "2倍"}


@pytest.mark.parametrize(
    "text",
    [
        "第三十条 2021年1月1日起",
        "二〇一一年七月前参保的",
        "从第二天起，到最后一天",
        "三五天没结果，或者几十年以后，看最近3年",
        "发信息“三日内还我五千元”",
    ],
)
def test_dates_ordinals_rough_numbers_and_words_to_copy_are_no_figures(text: str) -> None:
    assert figures(text) == {}


def test_a_number_that_no_article_states_is_listed(folder: Path) -> None:
    library = load_library(folder, TODAY).library
    assert library is not None
    entry = replace(
        library.entries[EntryId("wages")], answer="单位应在十五日内补发工资。各地一般三日内答复。"
    )
    texts = {
        Citation(
            "劳动法", "第五十条"
        ): "工资应当以货币形式按月支付给劳动者本人。不得克扣或者无故拖欠劳动者的工资。"
    }
    what = [p.what for p in compare(entry, Wording((entry,), texts))]
    assert any("15日" in w for w in what)
    assert not any("3日" in w for w in what)
    right = replace(entry, answer="工资应当按月支付给劳动者本人，单位不得克扣、拖欠工资。")
    assert compare(right, Wording((right,), texts)) == []


def test_a_number_from_a_named_document_outside_the_laws_is_not_listed(folder: Path) -> None:
    library = load_library(folder, TODAY).library
    assert library is not None
    entry = replace(
        library.entries[EntryId("wages")], answer="《某程序规定》写的是3日。《劳动法》写的是8日。"
    )
    what = " ".join(p.what for p in compare(entry, Wording((entry,), {})))
    assert "“3日”" not in what
    assert "“8日”" in what


def test_an_article_that_the_answer_does_not_speak_of_is_listed_unless_many_cite_it(folder: Path) -> None:
    library = load_library(folder, TODAY).library
    assert library is not None
    entry = replace(library.entries[EntryId("wages")], answer="工资应当按月支付，不得克扣。")
    stranger = {entry.basis[0]: "船舶碰撞，救助人可以请求海难救助报酬。"}
    others = tuple(replace(entry, id=EntryId(f"other-{n}")) for n in range(2))
    assert [p.field for p in compare(entry, Wording((entry,), stranger))] == ["basis"]
    assert compare(entry, Wording((entry, *others), stranger)) == []


def test_each_phrasing_is_held_out_once(library: Library) -> None:
    entry = library.served[0]
    gone = [p for fold in range(5) for p in held_out(entry, fold)]
    assert sorted(gone) == sorted(entry.phrasings)
    assert not set(without(entry, 0).phrasings) & set(held_out(entry, 0))


def test_the_self_test_names_misses_and_thieves(library: Library) -> None:
    few = replace(library, served=library.served[:40])
    seen: list[tuple[int, int]] = []
    result = self_test(few, Thresholds(0.97, 0.7), lambda done, total: seen.append((done, total)))
    assert result.phrasings == sum(len(e.phrasings) for e in few.served)
    assert 0.5 < result.first / result.phrasings <= result.among_three / result.phrasings <= 1
    assert sum(n for _, n in result.thieves) == len([m for m in result.misses if m.thief])
    for thief, count in result.thieves:
        victims = result.victims(thief)
        assert sum(n for _, n in victims) == count
        assert thief not in dict(victims)
    assert seen[-1][0] == seen[-1][1]


def test_an_entry_that_steals_fails_the_self_test(library: Library) -> None:
    few = library.served[:12]
    thief = replace(
        few[0], id=EntryId("thief"), question=few[1].question + "吧", also=few[1].also[::-1], not_=()
    )
    robbed = replace(library, served=(*few, thief))
    result = self_test(robbed, EASY)
    assert not result.passed
    assert any(m.thief in ("thief", few[1].id) for m in result.breaks)


def test_statistics_count_entries_and_near_duplicates(library: Library) -> None:
    library = replace(library, entries=dict(list(library.entries.items())[::8]), served=library.served[::8])
    figures_ = stats(library, TODAY, near=5)
    assert figures_.entries == len(library.entries)
    assert sum(n for _, n in figures_.by_topic) == figures_.entries
    assert figures_.overdue == ()
    assert len(stats(library, TODAY + timedelta(days=800)).overdue) == figures_.entries
    assert len(figures_.near) <= 5


def test_gaps_gather_what_no_entry_answers(library: Library) -> None:
    martian = ["火星土地所有权怎么登记", "火星土地所有权登记要多久", "火星的土地所有权能登记吗"]
    other = ["恐龙化石", "银河铁路", "魔法学校", "龙宫宝藏", "仙丹配方", "云朵形状", "彩虹尽头", "雪人鼻子"]
    strange = [*other, *martian, "公司拖欠工资不发怎么办？"]
    found = gaps(library, strange, Thresholds(0.9, 0.8))
    martians = [g for g in found if "火星" in g.words]
    assert martians[0] == found[0]
    assert found[0].count == 3
    assert all("拖欠工资" not in e for g in found for e in g.examples)


def test_questions_are_read_and_mistakes_named(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    first = '{"question": "甲", "articles": ["《中华人民共和国劳动法》第五十条"]}'
    path.write_text(first + '\n\n{"question": "乙", "none": true}\n', "utf-8")
    assert read_questions(path) == [Asked("甲", articles=("劳动法第五十条",)), Asked("乙", none=True)]
    assert law_name("中华人民共和国民法典第一条") == "民法典第一条"
    path.write_text('{"question": "甲"}\n{"q": 1}\n', "utf-8")
    with pytest.raises(QuestionsError, match=":2"):
        read_questions(path)


def test_an_evaluation_counts_decisions_ranks_and_wrong_answers(library: Library, matcher: Matcher) -> None:
    entry = library.served[0]
    asked = [
        Asked(entry.question, entry=entry.id),
        Asked(entry.question, articles=(law_name(f"{entry.basis[0].law}{entry.basis[0].article}"),)),
        Asked(entry.question, none=True),
        Asked("红烧肉怎么做", none=True),
    ]
    seen: list[int] = []
    done = list(outcomes(matcher, library, asked, Thresholds(0.9, 0.5), lambda n, _: seen.append(n)))
    figures_ = report(done, library)
    assert (figures_.n, figures_.answer, figures_.wrong_answers) == (4, 3, 1)
    assert figures_.r1 == figures_.r3 == 1.0
    assert done[3].decision is Decision.QUEUE
    assert seen == [1, 2, 3, 4]
    assert json.loads(json.dumps(done[0].row()))["decision"] == "answer"
    assert {"n", "answer", "suggest", "queue", "r1", "r3", "wrong_answers", "ece", "p50_us", "p99_us"} <= set(
        figures_.as_dict()
    )


def test_calibration_error_is_zero_when_shares_are_true() -> None:
    assert calibration_error([0.5] * 4, [True, False, True, False]) == 0.0
    assert calibration_error([0.9] * 4, [False] * 4) == 0.9
    assert calibration_error([], []) == 0.0
