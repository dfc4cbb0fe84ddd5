"""Who may ask: sessions, CSRF, origins, one-time links, headers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from bot.channels.web import WebSettings
from bot.channels.web.tokens import digest, login_url, new_token

from .client import Client
from .server import Site


async def test_looking_at_the_page_leaves_no_session_behind(site: Site) -> None:
    response = await Client(site).http.get("/")
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    assert site.store.sessions == {}


async def test_the_cookie_is_closed_to_scripts_and_other_sites(site: Site) -> None:
    client = Client(site)
    response = await client.http.post("/api/session", headers={"X-Desk": "1", **client.origin})
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    value = client.http.cookies["desk"]
    assert value not in str(site.store.sessions)
    assert list(site.store.sessions) == [digest(value)]


async def test_over_https_the_cookie_is_secure_and_bound_to_the_host() -> None:
    site = Site(public_url="https://desk.example")
    client = Client(site)
    headers = {"X-Desk": "1", "Origin": "https://desk.example", "Sec-Fetch-Site": "same-origin"}
    cookie = (await client.http.post("/api/session", headers=headers)).headers["set-cookie"]
    assert cookie.startswith("__Host-desk=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


async def test_a_session_is_resumed_by_its_cookie(site: Site, client: Client) -> None:
    first, again = await client.open(), await client.open()
    assert first == again
    assert len(site.store.sessions) == 1


async def test_a_session_ends_after_its_days_and_lives_on_when_used(site: Site, client: Client) -> None:
    tag = (await client.open())["tag"]
    site.clock.ahead += timedelta(days=20)
    assert (await client.open())["tag"] == tag
    site.clock.ahead += timedelta(days=20)
    assert (await client.open())["tag"] == tag
    site.clock.ahead += timedelta(days=31)
    assert (await client.say("x", "message-0001")).status_code == 401
    assert (await client.open())["tag"] != tag


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"X-CSRF-Token": "wrong"}, 403),
        ({"X-CSRF-Token": "词"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Cookie": "desk=" + "x" * 43}, 401),
        ({"Cookie": "desk="}, 401),
    ],
)
async def test_a_request_that_is_not_our_pages_is_refused(
    site: Site, client: Client, change: dict[str, str], status: int
) -> None:
    headers = {k: v.encode() for k, v in (client.headers | change).items()}
    body = {"id": "message-0001", "kind": "text", "text": "x"}
    if "Cookie" in change:
        client.http.cookies.clear()
    response = await client.http.post("/api/messages", json=body, headers=headers)  # type: ignore[arg-type]
    assert response.status_code == status
    assert site.desk.calls == 0


async def test_a_session_cannot_be_begun_by_a_plain_form_of_another_site(site: Site) -> None:
    client = Client(site)
    for headers in ({}, {"Origin": "https://evil.example", "X-Desk": "1"}, {"Origin": "null"}):
        assert (await client.http.post("/api/session", headers=headers)).status_code == 403
    assert site.store.sessions == {}


async def test_one_persons_csrf_token_is_no_good_to_another(site: Site, client: Client) -> None:
    other = Client(site)
    await other.open()
    client.csrf = other.csrf
    assert (await client.say("x", "message-0001")).status_code == 403


async def test_two_sessions_see_nothing_of_each_other(site: Site, client: Client) -> None:
    other = Client(site)
    await other.open()
    await client.say("我的秘密", "message-0001")
    assert await other.events() == []
    assert (await other.http.get("/api/history?before=99")).json() == {"events": []}


async def test_too_many_new_sessions_from_one_address_are_slowed_down() -> None:
    site = Site(sessions_per_minute=2)
    codes = []
    for _ in range(3):
        client = Client(site)
        response = await client.http.post("/api/session", headers={"X-Desk": "1", **client.origin})
        codes.append(response.status_code)
    assert codes == [200, 200, 429]


async def test_older_messages_come_page_by_page() -> None:
    site = Site(history=3)
    client = Client(site)
    await client.open()
    for number in range(4):
        await client.say(f"问{number}", f"message-{number:04d}")
    newest = await client.events()
    assert [e["seq"] for e in newest] == [6, 7, 8]
    older = (await client.http.get("/api/history?before=6")).json()["events"]
    assert [e["seq"] for e in older] == [3, 4, 5]
    for bad in ("", "x", "-1", "9" * 30):
        assert (await client.http.get(f"/api/history?before={bad}")).status_code == 400


def link(site: Site, user: str = "expert-7", minutes: int = 10) -> str:
    token = new_token()
    site.store.links[digest(token)] = (user, site.clock() + timedelta(minutes=minutes))
    return token


async def press(client: Client, token: str) -> tuple[int, str]:
    """Open a link and press its button, as a browser does under no-referrer."""
    page = await client.http.get(f"/login/{token}")
    assert page.status_code == 200
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text))
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    answer = await client.http.post("/login", data=form, headers=headers)
    return answer.status_code, answer.text


async def test_a_login_link_signs_in_once_and_looking_does_not_use_it_up(site: Site, client: Client) -> None:
    token = link(site)
    before = client.http.cookies["desk"]
    for _ in range(3):
        assert (await client.http.get(f"/login/{token}")).status_code == 200
    assert (await press(client, token))[0] == 303
    assert client.http.cookies["desk"] != before
    await client.open()
    await client.say("我在", "message-0001")
    assert site.desk.taken[0].sender.user == "expert-7"
    assert digest(before) not in site.store.sessions
    status, text = await press(Client(site), token)
    assert status == 410
    assert "已经用过" in text


async def test_an_expired_or_unknown_link_says_what_to_do(site: Site, client: Client) -> None:
    assert "过期" in (await press(client, link(site, minutes=-1)))[1]
    status, text = await press(client, "x" * 43)
    assert status == 410
    assert "复制完整" in text


async def test_a_login_form_from_elsewhere_is_refused(site: Site, client: Client) -> None:
    token = link(site)
    for headers in ({}, {"Origin": "null"}, {"Origin": "https://evil.example"}):
        form = {"token": token, "nonce": "guess"}
        assert (await client.http.post("/login", data=form, headers=headers)).status_code == 403
    assert site.store.used == set()


async def test_a_token_in_a_link_cannot_write_html(site: Site, client: Client) -> None:
    page = await client.http.get("/login/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert "<script>alert" not in page.text


async def test_signing_out_asks_first_and_then_ends_the_session(site: Site, client: Client) -> None:
    page = await client.http.get("/logout")
    assert len(site.store.sessions) == 1
    [csrf] = re.findall(r'name="csrf" value="([^"]*)"', page.text)
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert (await client.http.post("/logout", data={"csrf": "x"}, headers=headers)).status_code == 403
    answer = await client.http.post("/logout", data={"csrf": csrf}, headers=headers)
    assert "已经退出" in answer.text
    assert site.store.sessions == {}
    assert (await client.http.get("/api/history?before=9")).status_code == 401


@pytest.mark.parametrize(
    "path", ["/", "/login/abc", "/logout", "/files/1", "/static/x/app.js", "/api/history"]
)
async def test_every_answer_carries_the_protecting_headers(site: Site, client: Client, path: str) -> None:
    headers = (await client.http.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "camera=()" in headers["permissions-policy"]
    assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize("path", ["/", "/login/abc", "/logout"])
async def test_pages_have_no_inline_script_style_or_outside_address(
    site: Site, client: Client, path: str
) -> None:
    html = (await client.http.get(path)).text
    assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:|//\w", html)
    assert 'lang="zh-CN"' in html


async def test_scripts_are_kept_only_under_the_path_of_their_version(site: Site, client: Client) -> None:
    html = (await client.http.get("/")).text
    [path] = re.findall(r'src="(/static/\w+/app\.js)"', html)
    current = await client.http.get(path)
    assert "immutable" in current.headers["cache-control"]
    assert current.headers["content-type"].startswith("text/javascript")
    assert (await client.http.get("/static/old/app.js")).headers["cache-control"] == "no-cache"
    assert (await client.http.get("/static/old/..%2Fchannel.py")).status_code == 404


async def test_a_store_that_is_down_gives_a_page_that_says_so(site: Site, client: Client) -> None:
    site.store.down = True
    response = await client.http.get("/logout")
    assert response.status_code == 503
    assert "暂时连不上" in response.text


def test_the_settings_know_their_origin_and_whether_cookies_are_secure() -> None:
    settings = WebSettings("https://Desk.example/", "台")
    assert settings.origin == "https://desk.example"
    assert settings.cookie("desk") == "__Host-desk"
    assert login_url(settings.public_url, "abc") == "https://Desk.example/login/abc"
    assert WebSettings("http://127.0.0.1:8000", "台").cookie("desk") == "desk"
