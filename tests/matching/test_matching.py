"""Matching over the library that ships: what it finds, what it refuses, what it says about it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.match import Decision
from bot.matching.evaluate import decide
from bot.matching.library import Library
from bot.matching.matcher import Matcher
from bot.matching.normalize import clean, core, letters
from bot.matching.parts import asking, questions
from bot.matching.pool import MAX_TRAINED
from bot.matching.sounds import spoken
from bot.matching.typos import Typos
from bot.matching.weights import shipped, thresholds
from bot.matching.words import Splitter

PAIRS = Path(__file__).with_name("minimal_pairs.txt")
SURE = thresholds(0.97, 0.7)


def best(matcher: Matcher, text: str) -> str:
    items = matcher.match(text).items
    return items[0].entry if items else ""


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("老板拖欠工资怎么办", "labor-unpaid-wages"),
        ("老闆拖欠工資怎麼辦", "labor-unpaid-wages"),
        ("公司两个月没发工资了", "labor-unpaid-wages"),
        ("请问一下律师，试用期被辞退有没有补偿呢？谢谢", "labor-probation-fired"),
        ("被狗咬了怎么赔", "tort-dog-bite"),
        ("怎么申请取保候审", "criminal-bail-apply"),
        ("楼上漏水把我家淹了", "housing-upstairs-leak"),
        ("刚刚被骗转了钱怎么办", "fraud-scammed-first-steps"),
    ],
)
def test_a_plain_question_finds_its_entry(matcher: Matcher, text: str, entry: str) -> None:
    assert best(matcher, text) == entry


def test_the_exact_wording_of_an_entry_is_answered(matcher: Matcher, library: Library) -> None:
    entries = library.served[::25]
    for entry in entries:
        for text in (entry.question, f"请问{entry.question}谢谢", entry.also[0]):
            matches = matcher.match(text)
            assert matches.items[0].entry == entry.id
            assert decide(SURE, matches) is Decision.ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "红烧肉怎么做好吃",
        "今天天气怎么样",
        "推荐几部好看的电影",
        "how do I bake bread",
        "你喜欢我吗",
        "asdfgh",
        "。。。",
        "",
        "🙂🙂",
        "1+1",
    ],
)
def test_nothing_off_topic_is_answered(matcher: Matcher, text: str) -> None:
    assert decide(SURE, matcher.match(text)) is not Decision.ANSWER


def test_typing_errors_are_mended_without_touching_real_words() -> None:
    typos = Typos({"拖欠": 5, "工资": 9, "缓刑": 4, "离婚": 7, "借条": 2})
    assert typos.mended("老板脱欠工姿") == "老板拖欠工资"
    assert typos.mended("我要里婚") == "我要离婚"
    assert typos.mended("语音唤醒") == "语音唤醒"


def test_a_typing_error_still_finds_the_entry(matcher: Matcher) -> None:
    assert best(matcher, "老板脱欠工姿怎么办") == "labor-unpaid-wages"


def test_minimal_pairs_are_told_apart(matcher: Matcher, library: Library) -> None:
    won = sides = 0
    for line in PAIRS.read_text("utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        entry_a, text_a, entry_b, text_b = line.split("|")
        for own, text, other in ((entry_a, text_a, entry_b), (entry_b, text_b, entry_a)):
            assert own in {str(e) for e in library.entries}, own
            ranked = [str(m.entry) for m in matcher.match(text, limit=10).items]
            won += own in ranked and (other not in ranked or ranked.index(own) < ranked.index(other))
            sides += 1
    assert sides >= 300
    assert won / sides >= 0.9, f"{won} of {sides}"


def test_the_reasons_name_the_words_that_carried_and_those_that_lacked(matcher: Matcher) -> None:
    match = matcher.match("老板拖欠工资，我还想养一只恐龙").items[0]
    assert match.matched
    assert "恐龙" in match.unmatched


def test_two_questions_in_one_message_are_answered_one_by_one(matcher: Matcher) -> None:
    matches = matcher.match("被狗咬了谁赔？公司不给加班费怎么办？")
    assert [p.items[0].entry for p in matches.parts] == ["tort-dog-bite", "labor-overtime-pay"]
    assert matcher.match("被狗咬了谁赔？").parts == ()


def test_the_asking_part_of_a_long_story_is_found() -> None:
    story = "我去年三月进厂。厂里一直说资金紧张，让大家再等等。后来干脆就不发了。请问我能不能去仲裁？"
    assert asking(story) == "请问我能不能去仲裁?"
    assert asking("工资怎么要") == ""
    assert len(questions("1、工资怎么要回来？2、没有合同行不行？")) == 2


def test_topics_are_guessed_for_questions_that_no_entry_answers(matcher: Matcher) -> None:
    guess = matcher.match("老板说我迟到就不给我当月的提成和工资").topics
    assert guess[0].topic == "labor"
    assert 0.5 < guess[0].probability <= 1.0
    assert sum(t.probability for t in guess) <= 1.0001


def test_probabilities_fall_and_stay_within_one(matcher: Matcher) -> None:
    for text in ("离婚", "我想离婚孩子归谁", "借钱不还怎么办", "他打我"):
        p = [m.probability for m in matcher.match(text, limit=8).items]
        assert p == sorted(p, reverse=True)
        assert all(0 <= x <= 1 for x in p)


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=400))
@example(text="公司不发\ud800工资\udfff")
def test_no_text_makes_matching_fail(matcher: Matcher, text: str) -> None:
    matches = matcher.match(text)
    assert all(0 <= m.probability <= 1 for m in matches.items)


@pytest.mark.parametrize("piece", ["？", "怎么", "a", "我不", "1、", "，", "不不", "啊"])
def test_a_hostile_text_does_not_hold_the_loop(matcher: Matcher, piece: str) -> None:
    text = piece * (4000 // len(piece))
    matcher.match(text)
    began = time.process_time()
    matcher.match(text)
    assert time.process_time() - began < 0.25


def test_one_matcher_serves_many_threads(matcher: Matcher) -> None:
    texts = ["老板拖欠工资怎么办", "被狗咬了怎么赔", "怎么申请取保候审", "楼上漏水把我家淹了"]
    alone = {t: matcher.match(t) for t in texts}
    wrong: list[str] = []

    def work(text: str) -> None:
        wrong.extend(text for _ in range(20) if matcher.match(text) != alone[text])

    threads = [threading.Thread(target=work, args=(t,)) for t in texts for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_empty_library_matches_nothing() -> None:
    assert Matcher.build([]).match("老板拖欠工资").items == ()


def test_thresholds_follow_the_precision_that_is_asked_for() -> None:
    strict, lax = thresholds(0.99, 0.9), thresholds(0.9, 0.6)
    assert strict.answer >= lax.answer > lax.suggest
    assert thresholds(1.1, 0.6).answer == 0.99


def test_the_library_may_grow_by_half_before_its_probabilities_say_little(library: Library) -> None:
    assert 1.5 * len(library.served) <= MAX_TRAINED


def test_the_weights_say_where_they_come_from() -> None:
    assert shipped().precision
    text = (Path(__file__).resolve().parents[2] / "bot" / "matching" / "weights.json").read_text("utf-8")
    assert '"provenance"' in text
    assert '"data"' in text


def test_one_spelling_for_width_script_case_and_repeats() -> None:
    assert clean("ＡＢＣ　老闆！！！") == "abc 老板!!!"
    assert clean("好啊啊啊啊") == "好啊"
    assert letters(clean("怎么办呢？？")) == "怎么办"
    assert core(clean("您好，请问一下怎么离婚，谢谢律师")) == "怎么离婚"
    assert core("谢谢") == "谢谢"


def test_words_are_mapped_to_concepts_and_numbers_to_a_class() -> None:
    words = Splitter({"老板": "用人单位", "用人单位": "用人单位"}).split("老板欠我3000元")
    assert "用人单位" in words.terms[0]
    assert "用人单位" in words.terms[3]
    assert "0" in words.terms[0]
    assert words.numbers == {"3000"}


def test_words_that_sound_alike_are_spoken_alike() -> None:
    assert spoken("工姿") == spoken("工资") != spoken("工程")
