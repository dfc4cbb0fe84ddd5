"""Brings the tables to this version, in one transaction."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.errors import StoreError
from bot.store.engine import Store, wrap

_FOLDER = Path(__file__).parent / "migrations"


def config() -> Config:
    """Alembic's settings, without an ini file."""
    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.set_main_option("path_separator", "os")
    return made


async def migrate(store: Store) -> tuple[str, str]:
    """Upgrade to the newest version; returns the versions before and after ("" for an empty database)."""
    try:
        async with store.engine.begin() as connection:
            return await connection.run_sync(_upgrade)
    except (SQLAlchemyError, OSError) as error:
        raise wrap(error) from error


def _upgrade(connection: Connection) -> tuple[str, str]:
    if connection.dialect.name == "postgresql":  # of several instances that start at once, one migrates
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("migrate", 0))))
    before = MigrationContext.configure(connection).get_current_revision() or ""
    settings = config()
    newest = ScriptDirectory.from_config(settings).get_current_head() or ""
    known = {s.revision for s in ScriptDirectory.from_config(settings).walk_revisions()}
    if before and before not in known:
        raise StoreError(f"数据库是更新的版本（{before}）写的；请用新版程序打开。")
    if before != newest:
        settings.attributes["connection"] = connection
        command.upgrade(settings, "head")
    return before, newest
