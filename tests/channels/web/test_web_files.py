"""Files: what is taken, what it is taken for, and who gets it back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.web.clean import clean_name, language
from bot.channels.web.limits import Buckets
from bot.channels.web.sniff import sniff
from bot.domain.errors import BotError
from bot.domain.messages import Address, ChannelName, FileRef, InboundKind, OutboundMessage

from .client import Client
from .server import FakeClock, Site

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20
PDF = b"%PDF-1.7\n..."
DOCX = b"PK\x03\x04....[Content_Types].xml....word/document.xml"


@pytest.mark.parametrize(
    ("name", "data", "kind", "kept"),
    [
        ("照片.jpg", JPEG, InboundKind.PHOTO, "照片.jpg"),
        ("image.exe", PNG, InboundKind.PHOTO, "image.exe.png"),
        ("合同.pdf", PDF, InboundKind.DOCUMENT, "合同.pdf"),
        ("录音.amr", b"#!AMR\nxxxx", InboundKind.VOICE, "录音.amr"),
        ("录音.m4a", b"\0\0\0\x18ftypmp42....", InboundKind.VOICE, "录音.m4a"),
        ("欠条.docx", DOCX, InboundKind.DOCUMENT, "欠条.docx"),
        ("说明.txt", "欠我三万".encode("gb18030"), InboundKind.DOCUMENT, "说明.txt"),
        ("..\\..\\C:/x/合同.pdf", PDF, InboundKind.DOCUMENT, "合同.pdf"),
    ],
)
async def test_a_file_reaches_the_desk_as_what_it_is(
    site: Site, client: Client, name: str, data: bytes, kind: InboundKind, kept: str
) -> None:
    assert (await client.upload(name, data, "upload-0001", "请看")).status_code == 202
    [message] = site.desk.taken
    assert message.file is not None
    assert (message.kind, message.text, message.file.name) == (kind, "请看", kept)
    assert message.file.size == len(data)
    assert await site.channel.fetch(message.file) == data


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.html", b"<html><script>alert(1)</script>"),
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("x.png", b"MZ\x90\x00"),
        ("x.zip", b"PK\x03\x04...."),
        ("app.docx", b"PK\x03\x04AndroidManifest.xml"),
        ("x.txt", b"a\x00b"),
        ("clip.mp4", b"\0\0\0\x18ftypisom...."),
    ],
)
async def test_other_files_are_refused(site: Site, client: Client, name: str, data: bytes) -> None:
    response = await client.upload(name, data, "upload-0001")
    assert (response.status_code, response.json()["error"]) == (415, "unsupported_file")
    assert site.store.files == {}
    assert site.desk.calls == 0


async def test_a_repeated_upload_has_one_effect(site: Site, client: Client) -> None:
    site.desk.refusals = 1
    assert (await client.upload("a.png", PNG, "upload-0001")).status_code == 503
    assert (await client.upload("a.png", PNG, "upload-0001")).status_code == 202
    assert len(site.store.files) == 1
    assert len(site.desk.taken) == 1


async def test_a_file_above_the_cap_is_refused() -> None:
    site = Site(max_upload_bytes=1000)
    client = Client(site)
    await client.open()
    for size in (1001, 60_000):
        assert (await client.upload("a.png", PNG + b"x" * size, "upload-0001")).status_code == 413
    assert (await client.upload("a.png", b"", "upload-0001")).json() == {"error": "empty_file"}
    assert site.store.files == {}


async def test_a_broken_upload_is_refused(site: Site, client: Client) -> None:
    headers = client.headers | {"Content-Type": "multipart/form-data; boundary=x"}
    for body in (
        b"",
        b"nonsense",
        b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\ntext\r\n--x--\r\n",
    ):
        assert (await client.http.post("/api/files", content=body, headers=headers)).status_code == 400
    headers["Content-Type"] = "multipart/form-data"
    assert (await client.http.post("/api/files", content=b"", headers=headers)).status_code == 400


async def test_an_image_is_shown_and_anything_else_is_a_download(site: Site, client: Client) -> None:
    await client.upload("a.png", PNG, "upload-0001")
    await client.upload('合同"; x.pdf', PDF, "upload-0002")
    image, paper = [e for e in await client.events() if e["kind"] == "in"]
    shown = await client.http.get(f"/files/{image['seq']}")
    assert shown.content == PNG
    assert shown.headers["content-type"] == "image/png"
    saved = await client.http.get(f"/files/{paper['seq']}")
    assert saved.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%90%88")
    assert saved.headers["content-type"] == "application/octet-stream"
    assert "sandbox" in saved.headers["content-security-policy"]
    assert saved.headers["x-content-type-options"] == "nosniff"


async def test_nobody_else_reaches_a_file_by_its_number(site: Site, client: Client) -> None:
    await client.upload("a.png", PNG, "upload-0001")
    other = Client(site)
    assert (await other.http.get("/files/1")).status_code == 401
    await other.open()
    for seq in ("1", "0", "-1", "9" * 40, "x"):
        assert (await other.http.get(f"/files/{seq}")).status_code in (400, 404)


async def test_a_file_of_another_channel_is_fetched_when_it_is_wanted(site: Site, client: Client) -> None:
    await client.say("x", "message-0001")
    user = site.desk.taken[0].sender.user
    site.desk.foreign["abc"] = PNG
    refs = [FileRef(ChannelName("telegram"), i, "photo", "a.png", "text/html", 5) for i in ("abc", "gone")]
    seqs = []
    for ref in refs:
        to = Address(ChannelName("web"), user, user)
        sent = await site.channel.send(to, OutboundMessage((), file=ref), key=ref.id, edit="")
        seqs.append(getattr(sent, "ref", ""))
    found = await client.http.get(f"/files/{seqs[0]}")
    assert (found.content, found.headers["content-type"]) == (PNG, "image/png")
    lost = await client.http.get(f"/files/{seqs[1]}")
    assert lost.status_code == 404
    assert "重新发送" in lost.text
    assert "abc" not in str(await client.events())


async def test_a_file_that_is_gone_is_an_error_that_says_what_to_do(site: Site) -> None:
    with pytest.raises(BotError, match="send it again"):
        await site.channel.fetch(FileRef(ChannelName("web"), "nothing", "photo"))


def test_names_lose_paths_tricks_and_excess_length() -> None:
    assert clean_name("a/b\\c.pdf") == "c.pdf"
    assert clean_name("fdp\u202efdp.exe") == "fdpfdp.exe"
    assert clean_name('x"<>:|?*\r\n.png') == "x .png"
    assert len(clean_name("字" * 300 + ".pdf")) == 80
    assert clean_name("字" * 300 + ".pdf").endswith(".pdf")
    assert clean_name("...") == ""


def test_text_needs_a_text_name_and_scripts_are_never_images() -> None:
    assert sniff(b"hello", "x.html") is None
    assert sniff(b"hello", "x.txt") is not None
    assert sniff(b"", "x.png") is None


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-US,en;q=0.9,zh-HK;q=0.5", "zh-TW"),
        ("zh-Hant-TW", "zh-TW"),
        ("en-GB", "en"),
        ("fr,de", ""),
        ("", ""),
    ],
)
def test_chinese_anywhere_in_the_browsers_list_wins(accept: str, expected: str) -> None:
    assert language(accept) == expected


def test_a_bucket_refills_with_time() -> None:
    clock = FakeClock()
    buckets = Buckets(per_minute=60, burst=2, clock=clock)
    assert [buckets.take("a") == 0 for _ in range(3)] == [True, True, False]
    assert buckets.take("b") == 0
    clock.ahead += timedelta(seconds=1.1)
    assert buckets.take("a") == 0
    assert buckets.take("a") > 0
