"""Brings the tables to this version, in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, column, func, select, table
from sqlalchemy.exc import SQLAlchemyError

from bot.domain.errors import StoreError
from bot.store.engine import Store, wrap

if TYPE_CHECKING:  # Alembic costs a twentieth of the start, and mostly there is nothing to do for it
    from alembic.config import Config

NEWEST = "0001"
_FOLDER = Path(__file__).parent / "migrations"
_WRITTEN_BY: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))


def config() -> Config:
    """Alembic's settings, without an ini file."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(_FOLDER))
    made.set_main_option("path_separator", "os")
    return made


async def migrate(store: Store) -> tuple[str, str]:
    """Upgrade to the newest version; returns the versions before and after ("" for an empty database)."""
    if await _is_newest(store):
        return NEWEST, NEWEST
    try:
        async with store.engine.begin() as connection:
            return await connection.run_sync(_upgrade)
    except (SQLAlchemyError, OSError) as error:
        raise wrap(error) from error


async def _is_newest(store: Store) -> bool:
    """Whether there is nothing to do; a database that cannot say so is looked at with care."""
    try:
        async with store.read() as tx:
            return list((await tx.execute(_WRITTEN_BY)).scalars()) == [NEWEST]
    except StoreError:
        return False


def _upgrade(connection: Connection) -> tuple[str, str]:
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

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
