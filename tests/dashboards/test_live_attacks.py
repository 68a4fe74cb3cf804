"""What a hostile page, machine or program in the network tries, and does not get."""

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from dashboards.live.asked import MOST_BODY_BYTES
from tests.dashboards.door import JSON, House, line_to, network_address, raw

HEAD = b"\r\nhost: 127.0.0.1\r\nconnection: close\r\n"


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    house = House(network_address())
    yield house
    house.close()


@pytest.fixture(scope="module")
def owner(house: House) -> dict[str, str]:
    return house.cookie(house.access.invite())


@pytest.fixture(autouse=True)
def nothing_is_done(house: House) -> Iterator[None]:
    yield
    assert house.done == []
    house.done.clear()


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip"])
def test_nobody_is_here_by_saying_so(house: House, name: str) -> None:
    value = "for=127.0.0.1" if name == "forwarded" else "127.0.0.1"
    headers = {
        name: value,
        "x-forwarded-proto": "http",
        "x-forwarded-host": "127.0.0.1",
    }
    assert house.far("GET", "/tiles.json", headers=headers).status == 403


def test_not_even_where_the_environment_trusts_every_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    house = House(network_address())
    try:
        headers = {"x-forwarded-for": "127.0.0.1"}
        assert house.far("GET", "/tiles.json", headers=headers).status == 403
        headers = {"x-forwarded-for": "192.168.1.9"}
        assert house.near("GET", "/tiles.json", headers=headers).status == 200
    finally:
        house.close()


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "track.evil.example",
        "192.168.254.253",
        "[::1",
        "",
    ],
)
def test_a_name_that_somebody_else_can_turn_is_refused(
    house: House, owner: dict[str, str], host: str
) -> None:
    """DNS rebinding: the browser would send the cookie and believe it is that site."""
    for headers in ({"host": host}, {"host": host, **owner}):
        assert house.far("GET", "/tiles.json", headers=headers).status == 403
        assert house.near("GET", "/tiles.json", headers=headers).status == 403


def test_the_own_names_and_the_own_address_are_fine(
    house: House, owner: dict[str, str]
) -> None:
    port = urlsplit(house.server.url).port
    for name in ("track.local", "TRACK", house.access.address):
        headers = {"host": f"{name}:{port}", **owner}
        assert house.far("GET", "/tiles.json", headers=headers).status == 200


def test_the_name_in_the_network_opens_nothing_on_this_computer(house: House) -> None:
    """Whoever answers for that name could turn it to 127.0.0.1 under an open page."""
    for name in ("track.local", "track", house.access.address):
        assert house.near("GET", "/run", headers={"host": name}).status == 403


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:1", "file://"]
)
def test_a_page_of_another_site_changes_and_reads_nothing(
    house: House, owner: dict[str, str], origin: str
) -> None:
    headers = {**owner, **JSON, "origin": origin}
    assert house.far("POST", "/run/do", body=b"{}", headers=headers).status == 403
    assert house.far("GET", "/tiles.json", headers=headers).status == 403
    assert house.near("POST", "/run/do", body=b"{}", headers=headers).status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_foreign_page_cannot_even_point_a_picture_here(
    house: House, site: str
) -> None:
    headers = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
    assert house.near("GET", "/run", headers=headers).status == 403
    headers = {"sec-fetch-site": site, "sec-fetch-mode": "navigate"}
    assert house.near("GET", "/run", headers=headers).status == 200
    headers.update(JSON)
    assert house.near("POST", "/run/do", body=b"{}", headers=headers).status == 403


def test_from_the_network_only_a_page_of_this_server_sends(
    house: House, owner: dict[str, str]
) -> None:
    headers = {**owner, **JSON}
    assert house.far("POST", "/run/do", body=b"{}", headers=headers).status == 403


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""],
)
def test_what_a_foreign_form_could_post_is_refused(house: House, kind: str) -> None:
    headers = {"content-type": kind}
    assert house.near("POST", "/run/do", body=b"{}", headers=headers).status == 415


@pytest.mark.parametrize(
    "path",
    [
        "/static/../access.py",
        "/static/..%2faccess.py",
        "/static/%2e%2e%2faccess.py",
        "/static/%2e%2e/%2e%2e/pyproject.toml",
        "/static/..%5caccess.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/page.js%00.css",
        "/enter/../access.py",
        "/enter/..%2f..%2faccess.py",
        "/enter/door.html",
    ],
)
def test_no_file_beside_the_pages_can_be_had(house: House, path: str) -> None:
    told = house.near("GET", path)
    assert told.status == 404
    assert b"import" not in told.body
    assert house.far("GET", path).status == 403


def test_a_body_that_is_too_large_is_refused(house: House) -> None:
    body = b'"' + b"a" * MOST_BODY_BYTES + b'"'
    assert house.near("POST", "/run/do", body=body, headers=JSON).status == 413


@pytest.mark.parametrize("length", ["99999999999999999999", "70000", "-1", "1e3", "x"])
def test_a_body_that_only_says_so_is_refused_before_it_is_sent(
    house: House, length: str
) -> None:
    told = raw(
        house.server.url,
        b"POST /run/do HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n"
        b"content-type: application/json\r\ncontent-length: "
        + length.encode()
        + b"\r\n\r\n",
    )
    assert told.split()[1] in {b"413", b"400"}


def test_a_body_in_chunks_is_counted(house: House) -> None:
    parts = iter([b"a" * 8192] * 9)
    headers = {**JSON, "transfer-encoding": "chunked"}
    with_line = line_to(house.server.url)
    try:
        with_line.request("POST", "/run/do", parts, headers, encode_chunked=True)
        assert with_line.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # it was told no before it had sent all
    finally:
        with_line.close()


def test_a_body_that_breaks_off_does_nothing(house: House) -> None:
    head = (
        b"POST /run/do HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 50\r\n"
        b"content-type: application/json\r\n\r\n{"
    )
    address = urlsplit(house.server.url)
    with socket.create_connection((address.hostname, address.port), 20) as line:
        line.sendall(head)
    assert house.near("GET", "/healthz").status == 200


def test_a_body_that_fits_arrives_whole(house: House) -> None:
    body = json.dumps({"a": "b" * 60_000}).encode()
    headers = {**JSON, "transfer-encoding": "chunked"}
    parts = iter([body[:10], body[10:40_000], body[40_000:]])
    told = house.near("POST", "/run/do", body=parts, headers=headers, is_chunked=True)
    assert told.status == 200
    assert house.done == [body]
    house.done.clear()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1" + HEAD + b"\r\n",
        b"GET / HTTP/1.1" + HEAD + b"x: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1" + HEAD + b"x: y\r\n" * 5_000 + b"\r\n",
        b"GET / HTTP/1.1" + HEAD + b"x: " + b"a" * 2_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nhost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_a_head_that_is_no_head_ends_the_line(
    house: House, head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        told = raw(house.server.url, head)
    except (ConnectionResetError, BrokenPipeError):
        told = b"HTTP/1.1 400 "  # it hung up before all was sent
    assert told.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 431 ", b"HTTP/1.1 403 "))
    assert b"No runner" not in told
    assert caplog.records == []  # nobody can fill the terminal with it
    assert house.near("GET", "/healthz").status == 200


def test_no_header_can_be_slipped_into_an_answer(house: House) -> None:
    for path in ("/enter?next=%0d%0aset-cookie:%20a=b", "/%0d%0aset-cookie:%20a=b"):
        told = house.far("GET", path, headers={"accept": "text/html"})
        assert told.status in {200, 303}
        assert "set-cookie" not in told.headers
        assert told.headers.get("location", "/enter") == "/enter"


def test_every_answer_at_the_door_carries_the_security_headers(house: House) -> None:
    refused = house.far("GET", "/tiles.json")
    too_large = house.near(
        "POST", "/run/do", body=b"a" * (MOST_BODY_BYTES + 1), headers=JSON
    )
    for told in (refused, too_large, house.far("GET", "/enter"), house.enter("wrong")):
        assert told.headers["referrer-policy"] == "no-referrer"
        assert told.headers["cache-control"] == "no-store"
        assert "default-src 'self'" in told.headers["content-security-policy"]


def test_the_entrance_needs_no_other_host_and_no_inline_script(house: House) -> None:
    for path in ("/enter", "/door", "/enter/enter.js", "/enter/door.js"):
        text = house.near("GET", path).body.decode()
        text = text.replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in text
        assert "https:" not in text
        assert "style=" not in text
        assert "onclick" not in text
