"""Commands for operators and admins; `python -m bot` without words says what it can do."""

from __future__ import annotations

import typer

from bot.cli import audit as _audit  # its command joins db
from bot.cli import copying as _copying  # its command joins db
from bot.cli import database as _database  # its commands join db
from bot.cli import keys as _keys  # its commands join db
from bot.cli import operate, serve
from bot.cli import people as _people  # its commands join expert
from bot.cli.faq import faq
from bot.cli.show import config_commands

main = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False,
    help="法律问答台：常见问题自动答，拿不准的转专家，答应的事不会忘。",
)  # fmt: skip
main.command()(serve.run)
main.command()(serve.prepare)
main.add_typer(faq, name="faq")
main.add_typer(operate.expert, name="expert")
main.add_typer(operate.db, name="db")
main.add_typer(config_commands, name="config")
main.command()(operate.queue)

__all__ = ["_audit", "_copying", "_database", "_keys", "_people", "main"]
