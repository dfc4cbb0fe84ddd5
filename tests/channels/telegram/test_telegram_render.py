"""Blocks become text and entities, cut where Telegram's limits ask for it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from telegram import MessageEntity

from bot.channels.telegram.render import Rich, Span, entities, render, split, units
from bot.domain.messages import Block, BlockKind

words = st.text(alphabet=st.sampled_from("工资。！ab \n👩‍⚖️🏽é"), max_size=400)


def test_a_title_is_bold_a_quote_is_quoted_and_a_note_is_italic() -> None:
    rich = render(
        [
            Block(BlockKind.TITLE, "拖欠工资"),
            Block(BlockKind.QUOTE, "她说"),
            Block(BlockKind.TEXT, "可以"),
            Block(BlockKind.NOTE, "注意"),
        ]
    )
    assert rich.text == "拖欠工资\n\n她说\n\n可以\n\n注意"
    assert [(e.type, e.offset, e.length) for e in entities(rich)] == [
        (MessageEntity.BOLD, 0, 4),
        (MessageEntity.BLOCKQUOTE, 6, 2),
        (MessageEntity.ITALIC, 14, 2),
    ]


def test_items_stand_close_together_with_a_bullet() -> None:
    blocks = [Block(BlockKind.TEXT, "带上"), Block(BlockKind.ITEM, "合同"), Block(BlockKind.ITEM, "工资条")]
    assert render(blocks).text == "带上\n\n• 合同\n• 工资条"


def test_offsets_are_counted_in_utf16_units() -> None:
    rich = render([Block(BlockKind.TEXT, "👩‍⚖️"), Block(BlockKind.TITLE, "𠮷律师")])
    (entity,) = entities(rich)
    assert (entity.offset, entity.length) == (units("👩‍⚖️\n\n"), 4)


def test_an_empty_block_leaves_no_gap() -> None:
    assert render([Block(BlockKind.TEXT, " \n"), Block(BlockKind.TEXT, "在")]).text == "在"


def test_lone_surrogates_and_nul_are_taken_out() -> None:
    assert render([Block(BlockKind.TEXT, "a\ud83d\x00b")]).text == "a\ufffdb"


def test_a_long_text_is_cut_at_the_end_of_a_sentence() -> None:
    sentence = "这是一句正好二十个字的话用来看切分的。"
    parts = split(Rich(sentence * 10), 70)
    assert all(part.text.endswith("。") for part in parts)
    assert "".join(part.text for part in parts) == sentence * 10


def test_a_paragraph_is_a_better_cut_than_a_sentence() -> None:
    first, second = split(Rich("一。" * 30 + "\n\n" + "二。" * 30), 80)
    assert (first.text, second.text) == ("一。" * 30, "二。" * 30)


def test_an_emoji_of_several_code_points_is_not_torn() -> None:
    judge = "👩🏽‍⚖️"
    parts = split(Rich(judge * 20), 25)
    assert all(part.text.count(judge) * len(judge) == len(part.text) for part in parts)


def test_a_style_goes_on_in_the_next_part() -> None:
    first, second = split(Rich("甲" * 60, (Span(0, 60, "bold"),)), 40)
    assert (first.spans, second.spans) == ((Span(0, 40, "bold"),), (Span(0, 20, "bold"),))


@given(words, words, st.integers(32, 80))
def test_no_part_is_empty_or_too_long_and_no_word_is_lost(title: str, body: str, limit: int) -> None:
    whole = render([Block(BlockKind.TITLE, title), Block(BlockKind.TEXT, body)])
    parts = split(whole, limit)
    assert all(0 < units(part.text) <= limit for part in parts)
    assert "".join("".join(p.text for p in parts).split()) == "".join(whole.text.split())
    for part in parts:
        for entity in entities(part):
            assert 0 <= entity.offset < entity.offset + entity.length <= units(part.text)
