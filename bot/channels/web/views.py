"""Events as the page reads them: words and labels only, no ids of files and no keys."""

from __future__ import annotations

import json

from bot.channels.web.ports import Event, EventKind, WebStore
from bot.channels.web.post import Post
from bot.domain.messages import FileRef, OutboundMessage

View = dict[str, object]


async def view(store: WebStore, user: str, event: Event) -> View:
    """One event for the page; an EDIT brings its target as it is now."""
    if event.kind is not EventKind.EDIT:
        return plain(event)
    target = await store.event(user, int(json.loads(event.body)["target"]))
    return {"seq": event.seq, "kind": "edit", "target": plain(target) if target else None}


def plain(event: Event) -> View:
    """An IN or OUT event for the page."""
    head: View = {"seq": event.seq, "kind": event.kind.value, "at": event.at.isoformat()}
    if event.kind is EventKind.IN:
        return head | _said(Post.from_json(event.body))
    return head | {"edited": event.edited} | _told(OutboundMessage.from_json(event.body))


def file_of(event: Event) -> FileRef | None:
    """The file that came with an event."""
    if event.kind is EventKind.IN:
        return Post.from_json(event.body).file
    return OutboundMessage.from_json(event.body).file if event.kind is EventKind.OUT else None


def label_of(event: Event | None, token: str) -> str:
    """The label of the button with this token in a message; empty when there is none."""
    if event is None or event.kind is not EventKind.OUT:
        return ""
    buttons = (b for row in OutboundMessage.from_json(event.body).buttons for b in row)
    return next((b.label for b in buttons if b.token == token), "")


def _said(post: Post) -> View:
    return {
        "id": post.id,
        "text": post.text,
        "card": post.card,
        "token": post.token,
        "hidden": post.hidden,
        "file": _file(post.file),
    }


def _told(message: OutboundMessage) -> View:
    return {
        "blocks": [[block.kind.value, block.text] for block in message.blocks],
        "buttons": [[{"label": b.label, "token": b.token} for b in row] for row in message.buttons],
        "stays": bool(message.card) or (bool(message.buttons) and not message.numbered),
        "numbered": message.numbered,
        "phone": message.ask_phone,
        "file": _file(message.file),
    }


def _file(file: FileRef | None) -> View | None:
    return None if file is None else {"name": file.name, "kind": file.kind, "size": file.size}
