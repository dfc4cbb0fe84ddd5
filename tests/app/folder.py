"""A folder with all that a desk needs to run: config.toml, a small FAQ, a place for data."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.library import CHOSEN, REPO

SURE_OR_NOT = "answer_precision = 0.9\nsuggest_precision = 0.9"
"""It answers or asks an expert, and never suggests."""
NO_BURST = "[limits]\nburst_seconds = 0"


def copy_faq(to: Path) -> Path:
    """All tables and four entries of what we ship."""
    source = REPO / "faq"
    to.mkdir(parents=True)
    for table in source.glob("*.toml"):
        shutil.copy(table, to)
    for entry in source.glob("*/*.md"):
        if f"{entry.parent.name}-{entry.stem}" in CHOSEN:
            (to / entry.parent.name).mkdir(exist_ok=True)
            shutil.copy(entry, to / entry.parent.name)
    return to


def write_config(
    folder: Path, more: str = NO_BURST, faq: str = SURE_OR_NOT, web: str = "enabled = false"
) -> Path:
    """A config.toml whose data lie in `folder`; `more` is appended, `faq` and `web` go into sections."""
    if not (folder / "faq").exists():
        copy_faq(folder / "faq")
    file = folder / "config.toml"
    file.write_text(
        f"""
database_url = "sqlite:///{folder}/var/desk.sqlite3"
key_file = "{folder}/var/secret.key"
regions = ["城关区", "东城街道"]
[faq]
folder = "{folder}/faq"
{faq}
[web]
{web}
{more}
""",
        "utf-8",
    )
    return file
