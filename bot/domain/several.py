"""Several questions in one message: each is answered by itself, and what is unsure is offered."""

from __future__ import annotations

from bot.domain.actions import Action
from bot.domain.dialog import Choice, Context, Conversation, Rows, Say, Stage, Turn, offer
from bot.domain.match import Decision, Matches

MAX_PARTS = 3
EXPERT = Choice(Action.ASK_EXPERT, key="button-ask-expert")


def answer(conversation: Conversation, context: Context) -> Turn:
    """Several questions in one message are answered one by one; the unsure ones go to an expert."""
    sure = [p for p in context.matches.parts if _sure(p, context)][:MAX_PARTS]
    rest = [p for p in context.matches.parts if p not in sure]
    says = tuple(Say("answer", entry=p.items[0].entry, quote=p.text) for p in sure)
    rows = ((Choice(Action.SOLVED, says[0].entry, key="button-solved"), EXPERT),) if sure else ((EXPERT,),)
    if rest:
        quote = "\n".join(p.text for p in rest)
        rest_rows = (*_picks(rest, context), (EXPERT,))
        last = Say("parts-rest" if sure else "parts-none", rows=rest_rows, quote=quote)
    else:
        last = Say("parts-done", rows=rows)
    return offer(conversation, Stage.OFFERED, last).first(*says)


def _picks(rest: list[Matches], context: Context) -> Rows:
    """For each question that is nearly sure, the entry that may answer it."""
    near = [p for p in rest if context.thresholds.decide(p) is Decision.SUGGEST]
    entries = dict.fromkeys(p.items[0].entry for p in near if p.items[0].entry in context.questions)
    return tuple((Choice(Action.PICK, e, label=context.questions[e]),) for e in entries)


def _sure(part: Matches, context: Context) -> bool:
    return context.thresholds.decide(part) is Decision.ANSWER
