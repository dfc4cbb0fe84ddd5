"""Whether a desk is running on a database: what changes all of it at once waits until none is."""

from __future__ import annotations

from sqlalchemy import text

from bot.domain.errors import StoreError
from bot.store.engine import Store

_LINES = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND application_name LIKE 'legal-desk %'"
)
"""Every instance that runs keeps a line open on which it listens; see instances.py."""


async def alone(store: Store) -> None:
    """StoreError while a desk runs on this database.

    On SQLite none can start until the store is closed; on PostgreSQL one could, a moment later.
    """
    store.hold()
    if store.is_sqlite:
        return
    async with store.read() as tx:
        running = int((await tx.execute(_LINES)).scalar_one())
    if running:
        raise StoreError("有问答台正在用这个数据库。先把每个实例都停掉，再来一次。")
