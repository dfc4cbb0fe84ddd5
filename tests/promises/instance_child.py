"""`python -m bot`, but a person may be sent several messages a second, and a send is given up after three.

So a dialogue takes no longer than it must, and what a killed instance was sending is free again soon.
"""

from __future__ import annotations

import functools
from datetime import timedelta

import bot.app
from bot.channels.telegram import pacing
from bot.cli import main
from bot.desk.outbox import OutboxRunner

if __name__ == "__main__":
    pacing._PRIVATE_PER_SECOND = 1e6
    lease = functools.partial(OutboxRunner, lease=timedelta(seconds=3))
    setattr(bot.app, "OutboxRunner", lease)  # noqa: B010
    main()
