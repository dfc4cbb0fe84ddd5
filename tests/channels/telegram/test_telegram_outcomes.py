"""Each error of Telegram is one outcome that the outbox knows, and no reason quotes what was said."""

from __future__ import annotations

import pytest
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, TelegramError

from bot.channels.telegram.outcomes import SOON, TOKEN_WAIT, cannot_edit, classify, file_refused, reason
from bot.channels.telegram.wire import Limited, NoReply, NotSent, ServerTrouble
from bot.domain.messages import Ambiguous, Moved, Retry, SendOutcome, Undeliverable


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Limited(17), Retry(17, "429")),
        (NotSent("ConnectError"), Retry(SOON, "not sent: ConnectError")),
        (NoReply("ReadTimeout"), Ambiguous("NoReply: ReadTimeout")),
        (ServerTrouble("502"), Ambiguous("ServerTrouble: 502")),
        (TelegramError("Invalid server response"), Ambiguous("TelegramError: Invalid server response")),
        (ChatMigrated(-1001), Moved("-1001")),
        (
            Forbidden("Forbidden: bot was blocked by the user"),
            Undeliverable("bot was blocked by the user", gone=True),
        ),
        (BadRequest("Bad Request: chat not found"), Undeliverable("Chat not found")),
        (InvalidToken("The token `123:abc` was rejected"), Retry(TOKEN_WAIT, "the bot token was refused")),
    ],
)
def test_an_error_is_one_outcome(error: TelegramError, outcome: SendOutcome) -> None:
    assert classify(error) == outcome


def test_an_edit_of_unknown_fate_may_simply_be_repeated() -> None:
    assert isinstance(classify(NoReply("ReadTimeout"), repeatable=True), Retry)


def test_a_reason_ends_before_what_telegram_quotes() -> None:
    assert reason(BadRequest("Bad Request: can't parse entities: 我的电话")) == "Can't parse entities"
    assert reason(BadRequest("Bad Request: “王强” is wrong")) == "unknown"


def test_only_a_message_that_is_gone_or_fixed_is_sent_anew() -> None:
    assert cannot_edit(BadRequest("Bad Request: message to edit not found"))
    assert cannot_edit(BadRequest("Bad Request: message can't be edited"))
    assert not cannot_edit(BadRequest("Bad Request: chat not found"))


def test_a_missing_chat_is_not_blamed_on_the_file() -> None:
    assert file_refused(BadRequest("Bad Request: wrong file identifier/http url specified"))
    assert not file_refused(BadRequest("Bad Request: chat not found"))
    assert not file_refused(NotSent("ConnectError"))
