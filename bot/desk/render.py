"""From a Say to the message that a person reads: texts by key, blocks, buttons with tokens."""

from __future__ import annotations

from dataclasses import dataclass

from bot.desk.knowledge import Knowledge
from bot.desk.settings import DeskSettings
from bot.desk.tokens import Tokens
from bot.domain.actions import Action
from bot.domain.clean import split_text
from bot.domain.dialog import Choice, Say
from bot.domain.faq import Citation, Entry, Urgency
from bot.domain.form import parse_window
from bot.domain.messages import Block, BlockKind, Button, OutboundMessage
from bot.domain.people import Contact
from bot.texts import Texts

MAX_LABEL = 60
MAX_QUOTE = 1500
MAX_WORDS = 3500


@dataclass(frozen=True, slots=True)
class Renderer:
    """Knows the words; knows nothing of channels."""

    settings: DeskSettings
    texts: Texts
    tokens: Tokens
    knowledge: Knowledge

    def message(self, say: Say, contact: Contact, step: int, *, numbered: bool) -> OutboundMessage:
        """The message for this contact; `step` is her conversation's, for the buttons."""
        language = contact.language
        blocks = self._answer(say, language) if say.entry else self._text(say, language)
        return OutboundMessage(
            blocks=tuple(blocks),
            numbered=numbered,
            buttons=self._buttons(say, contact, step),
            card=say.card,
            ask_phone=say.ask_phone,
            file=say.file,
        )

    def _text(self, say: Say, language: str) -> list[Block]:
        args = {"desk": self.settings.name, "station": self.settings.station.name, **say.args}
        title = self.texts.get(language, say.key, args, "title")
        body = self.texts.get(language, say.key, args)
        note = self.texts.get(language, say.key, args, "note")
        quotes = _quotes(say.quote)
        if say.words:
            quotes += [Block(BlockKind.TEXT, piece) for piece in split_text(say.words, MAX_WORDS)]
        titles = [Block(BlockKind.TITLE, title)] if title else []
        notes = [Block(BlockKind.NOTE, note)] if note else []
        return [*titles, *quotes, *paragraphs(body), *notes]

    # answers

    def _answer(self, say: Say, language: str) -> list[Block]:
        entry = self.knowledge.shelf.served.get(say.entry)
        if entry is None:
            return self._text(Say("answer-gone"), language)
        hant = self.texts.hant if language == "zh-Hant" else str
        quotes = _quotes(say.quote)
        body = [
            Block(BlockKind.TITLE, hant(entry.question)),
            *paragraphs(hant(entry.answer)),
            *self._after_answer(entry, language),
        ]
        return [*quotes, *body]

    def _after_answer(self, entry: Entry, language: str) -> list[Block]:
        hant = self.texts.hant if language == "zh-Hant" else str
        blocks = []
        if entry.urgency is not Urgency.NORMAL:
            blocks.append(self._line(f"answer-{entry.urgency}", language))
        if entry.regions:
            blocks.append(self._line("answer-regions", language, regions=hant("、".join(entry.regions))))
        if entry.next:
            steps = "；".join(self._next(code) for code in entry.next)
            blocks.append(self._line("answer-next", language, steps=hant(steps)))
        if entry.prepare:
            blocks.append(self._line("answer-prepare", language, papers=hant("、".join(entry.prepare))))
        if entry.basis:
            basis = hant(_by_law(entry.basis))
            blocks.append(self._line("answer-basis", language, basis=basis))
        note = "answer-note" if entry.signed_by else "answer-note-unsigned"
        reviewed = {"date": entry.reviewed.isoformat(), "by": entry.signed_by}
        return [*blocks, Block(BlockKind.NOTE, self.texts.get(language, note, reviewed))]

    def _line(self, key: str, language: str, **args: str) -> Block:
        return Block(BlockKind.TEXT, self.texts.get(language, key, args))

    def _next(self, code: str) -> str:
        step = self.knowledge.shelf.library.next_steps.get(code)
        if step is None:
            return code
        phone = f" {step.phone}" if step.phone else ""
        hours = f"（{step.hours}）" if step.hours else ""
        return f"{step.name}{phone}{hours}"

    # buttons

    def _buttons(self, say: Say, contact: Contact, step: int) -> tuple[tuple[Button, ...], ...]:
        index = 0
        rows = []
        for row in say.rows:
            buttons = []
            for choice in row:
                token = self.tokens.make(contact.id, choice, step, index)
                buttons.append(Button(self.label(choice, contact.language)[:MAX_LABEL], token))
                index += 1
            rows.append(tuple(buttons))
        return tuple(rows)

    def label(self, choice: Choice, language: str) -> str:
        """What stands on the button."""
        if choice.key:
            return self.texts.get(language, choice.key, {"arg": choice.arg, "case": choice.case})
        window = parse_window(choice.arg) if choice.action is Action.WINDOW else None
        if window is not None:
            return f"{self.texts.when(window.start, language)}–{self.texts.hour(window.end)}"
        return self.texts.hant(choice.label) if language == "zh-Hant" else choice.label


def _quotes(text: str) -> list[Block]:
    """All of it: nobody's words are cut on their way to the person who has to read them."""
    return [Block(BlockKind.QUOTE, piece) for piece in split_text(text, MAX_QUOTE)] if text else []


def _by_law(basis: tuple[Citation, ...]) -> str:
    """《劳动法》第三十六条、第四十四条；《劳动合同法》第三十一条: each law named once."""
    laws: dict[str, list[str]] = {}
    for citation in basis:
        laws.setdefault(citation.law, []).append(citation.article)
    return "；".join(f"《{_inner(law)}》{'、'.join(articles)}" for law, articles in laws.items())


def _inner(law: str) -> str:
    """A title within a title takes the single marks: 《…适用〈民法典〉的解释》."""
    return law.replace("《", "〈").replace("》", "〉")


def paragraphs(text: str) -> list[Block]:
    """Blank lines part paragraphs; lines that open with a dash or a dot are items of a list."""
    blocks: list[Block] = []
    for paragraph in text.split("\n\n"):
        lines: list[str] = []
        for line in paragraph.strip().splitlines():
            if line.startswith(("- ", "• ")):
                blocks += _flush(lines)
                lines = []
                blocks.append(Block(BlockKind.ITEM, line[2:].strip()))
            else:
                lines.append(line.strip())
        blocks += _flush(lines)
    return blocks


def _flush(lines: list[str]) -> list[Block]:
    text = "\n".join(line for line in lines if line).replace("**", "")
    return [Block(BlockKind.TEXT, piece) for piece in split_text(text, MAX_WORDS)] if text else []
