"""The citizen's dialog as pure decisions."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.domain import conversation as dialog
from bot.domain.actions import Action
from bot.domain.callback import CaseState
from bot.domain.dialog import (
    STAFF_COMMANDS,
    AddToCase,
    CaseBrief,
    Choice,
    Command,
    Context,
    Conversation,
    ExpectForm,
    Feedback,
    OpenCallback,
    Said,
    Stage,
    Turn,
)
from bot.domain.faq import EntryId, Topic, TopicId
from bot.domain.ids import CaseNumber
from bot.domain.match import Danger, Match, Matches, Thresholds, TopicGuess

TOPICS = (Topic(TopicId("labor"), "劳动", "劳动"), Topic(TopicId("debt"), "借贷", "借贷"))
QUESTIONS = {EntryId("a"): "甲？", EntryId("b"): "乙？"}


def _context(
    *items: tuple[str, float], cases: tuple[CaseBrief, ...] = (), danger: Danger | None = None
) -> Context:
    matches = Matches(
        "问",
        tuple(Match(EntryId(e), p, "") for e, p in items),
        (TopicGuess(TopicId("labor"), 0.8),),
        danger=danger,
    )
    return Context(matches, Thresholds(0.8, 0.3), cases, TOPICS, ("东", "西"), (), QUESTIONS)


def _keys(turn: Turn) -> list[str]:
    return [say.key for say in turn.says]


def test_sure_is_answered_nearly_sure_is_asked_and_else_an_expert_is_offered() -> None:
    begun = Conversation(greeted=True)
    said = Said("问")
    assert _keys(dialog.advance(begun, said, _context(("a", 0.9)))) == ["answer"]
    assert _keys(dialog.advance(begun, said, _context(("a", 0.5)))) == ["did-you-mean"]
    assert _keys(dialog.advance(begun, said, _context(("a", 0.1)))) == ["not-sure", "form-consent-topic"]


def test_the_emergency_card_comes_before_everything() -> None:
    turn = dialog.advance(Conversation(), Said("问"), _context(("a", 0.9), danger=Danger.LIFE))
    assert _keys(turn)[0] == "emergency-life"


def test_not_mine_offers_what_was_next_and_counts_the_miss() -> None:
    asked = dialog.advance(Conversation(greeted=True), Said("问"), _context(("a", 0.9), ("b", 0.6)))
    tapped = Choice(Action.NOT_MINE, "a")
    turn = dialog.advance(asked.conversation, Said(choice=tapped), _context())
    assert _keys(turn) == ["not-yours-maybe"]
    assert Feedback(EntryId("a"), helped=False) in turn.effects


def test_while_a_person_holds_the_talk_words_go_to_her_and_numbers_are_words() -> None:
    held = CaseBrief(CaseNumber("1"), CaseState.CLAIMED, TopicId("labor"), 2)
    begun = Conversation(greeted=True, choices=(Choice(Action.CASE_CANCEL, case=CaseNumber("1")),))
    turn = dialog.advance(begun, Said("1"), _context(("a", 0.9), cases=(held,)))
    assert turn.says == ()
    assert turn.effects == (AddToCase(CaseNumber("1"), "1"),)


def test_a_number_that_was_not_offered_is_a_question() -> None:
    turn = dialog.advance(Conversation(greeted=True), Said("7"), _context())
    assert "not-sure" in _keys(turn)


def test_a_number_beyond_the_choices_is_no_question() -> None:
    asked = dialog.advance(Conversation(greeted=True), Said("问"), _context(("a", 0.9))).conversation
    turn = dialog.advance(asked, Said("7"), _context())
    assert _keys(turn) == ["number-out-of-range"]
    assert turn.conversation == asked


def test_after_consent_the_form_asks_for_the_topic_without_asking_for_consent_again() -> None:
    begun = Conversation(greeted=True, consented=True)
    turn = dialog.advance(begun, Said("问"), _context())
    assert _keys(turn) == ["not-sure", "form-topic"]


def test_cancel_leaves_the_form_and_forgets_the_draft() -> None:
    formed = dialog.advance(Conversation(greeted=True), Said("问"), _context()).conversation
    turn = dialog.advance(formed, Said(command=Command.CANCEL), _context())
    assert turn.conversation.draft is None
    assert turn.conversation.stage is Stage.IDLE


_saids = st.one_of(
    st.builds(Said, text=st.sampled_from(["问", "1", "2", "3", "138 1234 5678", "不知道", ""])),
    st.builds(Said, command=st.sampled_from([c for c in Command if c not in STAFF_COMMANDS])),
    st.builds(Said, unsupported=st.just(True)),
)


@given(st.lists(_saids, max_size=25))
def test_no_sequence_of_words_breaks_the_dialog_or_opens_a_case_without_consent(saids: list[Said]) -> None:
    talk, consented = Conversation(), False
    for said in saids:
        turn = dialog.advance(talk, said, _context(("a", 0.5)))
        consented = consented or turn.conversation.consented
        assert consented or not any(isinstance(e, OpenCallback) for e in turn.effects)
        assert turn.says or turn.effects
        talk = replace(turn.conversation)


def test_a_new_question_on_the_forms_first_screen_is_answered_and_other_words_are_added() -> None:
    formed = dialog.advance(Conversation(greeted=True), Said("问"), _context()).conversation
    answered = dialog.advance(formed, Said("另一个问题"), _context(("a", 0.9)))
    assert _keys(answered) == ["answer"]
    assert ExpectForm(waiting=False) in answered.effects
    added = dialog.advance(formed, Said("他还骂人"), _context())
    assert _keys(added) == ["form-added-to-question", "form-consent-topic"]
    assert added.conversation.draft is not None
    assert added.conversation.draft.question == "问\n他还骂人"


def test_several_questions_are_answered_one_by_one_and_the_unsure_ones_are_offered() -> None:
    sure = Matches("甲", (Match(EntryId("a"), 0.9, ""),))
    near = Matches("乙", (Match(EntryId("b"), 0.5, ""),))
    context = replace(_context(), matches=Matches("甲乙", (), parts=(sure, near)))
    turn = dialog.advance(Conversation(greeted=True), Said("甲乙"), context)
    assert _keys(turn) == ["answer", "parts-rest"]
    assert [c.action for c in turn.says[-1].choices] == [Action.PICK, Action.ASK_EXPERT]


def test_the_wrong_guess_is_not_among_the_likeliest_topics_and_all_come_on_demand() -> None:
    ids = [TopicId(name) for name in "abcdefghi"]
    topics = tuple(Topic(t, t * 2, t * 2) for t in ids)
    guesses = tuple(TopicGuess(TopicId(t), 0.9 - n / 10) for n, t in enumerate("igh"))
    context = replace(_context(), topics=topics, matches=Matches("问", (), guesses))
    asked = dialog.advance(Conversation(greeted=True), Said("问"), context).conversation
    likely = dialog.advance(asked, Said(choice=Choice(Action.MORE_TOPICS)), context)
    assert [c.arg for c in likely.says[-1].choices] == ["g", "h", "a", "b", "c", "d", "every", ""]
    every = dialog.advance(likely.conversation, Said(choice=likely.says[-1].choices[-2]), context)
    assert [c.arg for c in every.says[-1].choices] == [*ids, ""]
