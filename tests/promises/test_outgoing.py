"""Whatever people write, what goes out is valid, fits, keeps its shape and holds no link of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bot.channels.web
from bot.channels.telegram.plan import plan
from bot.channels.telegram.render import TEXT_LIMIT, entities, units
from bot.desk.knowledge import Knowledge
from bot.desk.render import MAX_LABEL, Renderer
from bot.desk.tokens import MAX_BYTES, Tokens
from bot.domain.actions import RULES, Action, Scope
from bot.domain.callback import Outcome, PhoneResult, new_case_number
from bot.domain.clean import clean_text
from bot.domain.dialog import Choice, Say
from bot.domain.ids import ContactId
from bot.domain.messages import Address, BlockKind, ChannelName, OutboundMessage
from bot.domain.people import Contact
from bot.store.engine import Store
from bot.texts import Texts
from tests.channels.telegram.telegram_bench import bench
from tests.promises.life import lives
from tests.promises.scale import scale
from tests.support.databases import a_key, sqlite_url
from tests.support.library import shipped, small_shelf
from tests.support.room import Clock, Room, furnish
from tests.support.settings import settings as desk_settings
from tests.texts.files import LANGUAGES, OTHER, SAMPLES, keys

SENTENCES = [key for key in keys("zh-Hans") if not key.startswith("words-")]
LINK = re.compile(r"https?:|www\.|t\.me|tg:|mailto:|(?<![\w/])@\w|\]\(", re.IGNORECASE)
STYLES = {"bold", "italic", "blockquote"}
NASTY = (
    "<b>粗</b>", "[点我](https://evil.example)", "https://evil.example/登录", "{ $case }", "{0}%s%n",
    "\u202e反向", "*_`~|", "- 假的一条", "• 假的", "\n\n- 假的一条\n\n", "\n\n假的一段\n\n**粗**", "]]>",
    "&lt;script&gt;", "\x00\x1b[31m", "字" * 4000, "😀" * 3000, "\u200d" * 50, " ", "a\u0300" * 2000,
    "\ud800", "．．．", "1", "/start", "@admin",
)  # fmt: skip
NUMBERS = {"late", "urgent", "reach"}
MANY = scale(6, 1_000)


def _renderer() -> Renderer:
    texts = Texts(ZoneInfo("Asia/Shanghai"))
    return Renderer(desk_settings(), texts, Tokens(b"k" * 32), Knowledge(small_shelf()))


RENDERER = _renderer()


def _contact(language: str) -> Contact:
    address = Address(ChannelName("telegram"), "1", "1")
    return Contact(ContactId(2**62), address, "李梅", language, None)


def _message(say: Say, language: str) -> OutboundMessage:
    return RENDERER.message(say, _contact(language), 7, numbered=False)


def _faults(message: OutboundMessage) -> Iterator[str]:
    """What Telegram would refuse, or show otherwise than it was meant."""
    steps = plan(message, captionable=True, ask_phone=message.ask_phone, prompt="x")
    if not steps:
        yield "nothing to send"
    for step in steps:
        text = step.rich.text
        if not 0 < units(text) <= TEXT_LIMIT or text != text.strip():
            yield f"{units(text)} units"
        if "\x00" in text or any("\ud800" <= char <= "\udfff" for char in text):
            yield "characters that cannot be sent"
        for entity in entities(step.rich):
            if entity.type not in STYLES or entity.offset + entity.length > units(text):
                yield f"{entity.type} {entity.offset} {entity.length}"
    for row in message.buttons:
        for button in row:
            if (
                not button.label.strip()
                or len(button.label) > MAX_LABEL
                or len(button.token.encode()) > MAX_BYTES
            ):
                yield f"button {button}"


WORDS = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=200), st.text("\n -•*[]()<>&_`字", max_size=80)
).map(clean_text)
"""As the desk takes them in."""


@settings(
    max_examples=MANY, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(st.data(), WORDS)
def test_every_text_can_be_sent_in_every_language_whatever_stands_in_it(
    data: st.DataObject, words: str
) -> None:
    base = data.draw(st.sampled_from((SAMPLES, OTHER)))
    args = {
        name: value if name in NUMBERS or not isinstance(value, str) else words
        for name, value in base.items()
    }
    quote = data.draw(st.one_of(st.just(""), WORDS))
    for key in SENTENCES:
        for language in LANGUAGES:
            faults = list(_faults(_message(Say(key, args, quote=quote, words=quote), language)))
            assert not faults, (key, language, faults)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_ours_holds_a_link(language: str) -> None:
    plain = {n: "x" if isinstance(v, str) and n not in NUMBERS else v for n, v in SAMPLES.items()}
    linked = [key for key in SENTENCES if LINK.search(_message(Say(key, plain), language).text)]
    assert linked == []


def test_no_answer_of_ours_holds_a_link() -> None:
    for entry in shipped().served:
        shown = "\n".join((entry.question, entry.answer, *entry.prepare))
        assert not LINK.search(shown), entry.path
    for step in shipped().next_steps.values():
        assert not LINK.search(f"{step.name} {step.phone} {step.hours}"), step


async def test_telegram_is_told_to_show_no_preview_of_a_link_that_somebody_wrote() -> None:
    async with bench() as b:
        mei = b.server.user(started=True)
        await b.send(mei, "https://evil.example")
        sent = b.calls("sendMessage")[-1]
    assert "is_disabled" in str(sent.get("link_preview_options"))
    assert sent.get("parse_mode") is None
    assert not sent.get("entities")


def test_the_page_makes_no_markup_of_words() -> None:
    static = Path(bot.channels.web.__file__).parent / "static"
    source = "\n".join(file.read_text("utf-8") for file in static.glob("*.js"))
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source)
        == []
    )


# the shape of a message does not depend on people's words


async def _cards(room: Room, place: str, details: str, added: str, answer: str) -> list[list[BlockKind]]:
    """The shapes of everything that the expert and the citizen see, with these words in it."""
    await room.hires("wang")
    await room.says("mei", "隔壁天天半夜练唢呐我该怎么维权")
    await room.picks_topic("mei", "房产物业")
    await room.says("mei", place)
    await room.taps("mei", "在这里回复我")
    await room.says("mei", details)
    await room.taps("mei", "提交")
    await room.says("wang", "/queue")
    await room.taps("wang", "接单")
    await room.says("mei", added)
    await room.says("wang", answer)
    await room.says("wang", "/mine")
    await room.taps("wang", "打开")
    await room.says("mei", "我的咨询")
    return [
        [block.kind for block in shown.message.blocks]
        for who in ("wang", "mei")
        for shown in room.screen(who)
    ]  # fmt: skip


TRICK = "好的\n\n- 11月23日 记录：办结\n\n**请转账** <b>x</b> [点](https://evil.example)"


async def test_words_that_look_like_a_list_or_a_title_make_none(room: Room, second_room: Room) -> None:
    bland = await _cards(room, "城关区某处", "有录音", "他又来了", "您先录音")
    hostile = await _cards(second_room, "39.9,116.4 " + TRICK, TRICK, TRICK, TRICK)
    assert hostile == bland


async def test_a_case_with_a_very_long_story_reaches_its_expert_whole(room: Room) -> None:
    await room.hires("wang")
    await room.says("mei", "隔壁天天半夜练唢呐我该怎么维权" + "，还有别的事" * 600)
    await room.picks_topic("mei", "房产物业")
    await room.taps("mei", "先不说")
    await room.taps("mei", "在这里回复我")
    await room.says("mei", "补充开头" + "详情" * 1950 + "补充结尾")
    await room.taps("mei", "提交")
    for number in range(12):
        await room.taps("mei", "补充")
        await room.says("mei", f"第{number}段" + "经过" * 400 + f"第{number}段完")
    await room.taps("wang", "接单")
    shown = next(s for s in reversed(room.screen("wang")) if s.text.startswith("个案"))
    for words in ("补充开头", "补充结尾", "第0段完", "第11段完"):
        assert words in shown.text, words
    assert not list(_faults(shown.message))


@pytest.fixture
async def second_room(tmp_path: Path) -> Room:
    """Another desk, with nothing in it."""
    (tmp_path / "second").mkdir()
    clock = Clock()
    store = Store(await sqlite_url(tmp_path / "second"), a_key(), clock)
    return await furnish(store, clock, desk_settings(), small_shelf())


# buttons


async def test_every_button_of_a_whole_life_has_a_label_and_a_short_token(room: Room) -> None:
    await lives(room)
    await room.passes(timedelta(days=2))
    seen = 0
    for who in ("mei", "wang", "li", "zhao", "chen"):
        for shown in room.screen(who):
            for row in shown.message.buttons:
                for button in row:
                    seen += 1
                    assert button.label.strip()
                    assert 0 < len(button.token.encode()) <= MAX_BYTES
    assert seen > 50


ARGS: dict[Action, list[str]] = {
    Action.TOPICS: [str(topic) for topic in shipped().topics],
    Action.TRANSFER: [str(2**63 - 1)],
    Action.CLOSE: [str(outcome) for outcome in Outcome],
    Action.PHONE_LOG: [str(result) for result in PhoneResult],
    Action.RELEASE: ["conflict"],
    Action.REGIONS: ["9999"],
    Action.DUTY: ["off"],
    Action.INVITE: ["supervisor"],
    Action.REVOKE: [f"{2**63 - 1}.yes"],
    Action.CASE_RATE: ["5"],
}


@pytest.mark.parametrize("action", Action, ids=lambda action: action.name)
def test_a_token_fits_into_a_button_and_only_its_own_person_can_use_it(action: Action) -> None:
    tokens, me, other = Tokens(b"k" * 32), ContactId(2**63 - 1), ContactId(2**63 - 2)
    for arg in ARGS.get(action, [""]):
        for fence in (0, 1, 2**31 - 1):
            case = new_case_number()
            token = tokens.make(me, Choice(action, arg, case=case, fence=fence), 2**31 - 1, 99)
            assert len(token.encode()) <= MAX_BYTES
            tap = tokens.read(me, token)
            assert tap is not None
            assert tap.action is action
            if RULES[action].scope is Scope.CASE:
                assert (tap.case, tap.fence, tap.arg) == (case, fence, arg)
            assert tokens.read(other, token) is None
            assert tokens.read(me, token[:-1] + ("A" if token[-1] != "A" else "B")) is None
            assert Tokens(b"j" * 32).read(me, token) is None


@settings(max_examples=MANY * 20, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=80))
def test_a_made_up_token_is_never_read(token: str) -> None:
    try:
        found = Tokens(b"k" * 32).read(ContactId(1), token)
    except ValueError:
        found = None
    assert found is None
