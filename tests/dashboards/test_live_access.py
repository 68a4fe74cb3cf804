"""The door: tokens, cookies, roles, over a real server and raw requests."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from dashboards.live import guard
from dashboards.live.access import COACH_S, INVITATION_S, STAY_S, Access, DoorError
from dashboards.live.app import Extras
from dashboards.live.attempts import AttemptLimits, Attempts, neighbourhood
from dashboards.live.board import TileBoard
from dashboards.live.door import link_of, path_of, picture_of
from dashboards.live.guard import MOST_FOR_COACHES, MOST_FOR_ONE_COACH
from dashboards.live.server import LiveServer
from tests.dashboards.door import JSON, Clock, House, ask, network_address, stream
from tests.patience import wait_until

WALL = ("/", "/static/page.js", "/tiles.json", "/healthz")
OWNERS = ("/run", "/reports/s-1", "/door", "/enter/door.js", "/static/../run")
PRIVATE = (*WALL, *OWNERS, "/events", "/history/mira.json", "/missing")


@pytest.fixture(scope="module")
def address() -> str:
    return network_address()


@pytest.fixture
def house(address: str) -> Iterator[House]:
    house = House(address)
    yield house
    house.close()


def test_on_this_computer_nobody_is_asked(house: House) -> None:
    assert all(house.near("GET", path).status == 200 for path in ("/", "/run", "/door"))
    told = house.near("POST", "/run/do", body=b"{}", headers=JSON)
    assert (told.status, told.json["role"]) == (200, "owner")


def test_a_stranger_in_the_network_sees_nothing(house: House) -> None:
    for path in PRIVATE:
        told = house.far("GET", path)
        assert (path, told.status) == (path, 403)
        assert b"mira" not in told.body.lower()
    assert house.send("/run/do", {}).status == 403
    assert house.done == []


def test_without_access_the_network_does_not_even_find_an_entrance(
    address: str,
) -> None:
    with LiveServer(TileBoard(), address, allowed_hosts=[address]) as server:
        for path in ("/", "/tiles.json", "/enter"):
            told = ask(server.url, "GET", path, headers={"accept": "text/html"})
            assert (path, told.status) == (path, 403)
        assert server.network_url == ""


def test_behind_a_published_port_all_are_let_in(address: str) -> None:
    extras = Extras(Access(is_open=True))
    with LiveServer(TileBoard(), address, extras=extras) as server:
        assert ask(server.url, "GET", "/tiles.json").status == 200
        assert ask(server.url, "GET", "/enter").status == 404
        foreign = {"host": "evil.example"}
        assert ask(server.url, "GET", "/tiles.json", headers=foreign).status == 403


def test_at_all_addresses_this_computer_still_finds_itself_by_its_own(
    address: str,
) -> None:
    extras = Extras(Access(address))
    everywhere = "0.0.0.0"  # noqa: S104 - asked for
    with LiveServer(TileBoard(), everywhere, extras=extras) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert ask(server.url, "GET", "/tiles.json").status == 200
        assert ask(server.network_url, "GET", "/tiles.json").status == 403


def test_a_person_with_a_browser_is_shown_the_entrance(house: House) -> None:
    told = house.far("GET", "/run?next=//evil.example", headers={"accept": "text/html"})
    assert (told.status, told.headers["location"]) == (303, "/enter")
    told = house.far("GET", "/enter?next=https://evil.example")
    assert told.status == 200
    assert b"Scan the code" in told.body
    assert b"evil" not in told.body


def test_the_owners_token_opens_everything(house: House) -> None:
    told = house.enter(house.access.invite())
    assert (told.status, told.json) == (200, {"go": "/run"})
    cookie = told.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    secret = {"cookie": cookie.partition(";")[0]}
    assert all(
        house.far("GET", path, headers=secret).status == 200
        for path in (*WALL, "/run", "/reports/s-1", "/door")
    )
    assert house.send("/run/do", {"a": 1}, **secret).json["role"] == "owner"
    assert house.done == [b'{"a": 1}']


def test_a_token_opens_the_door_once(house: House) -> None:
    token = house.access.invite()
    house.cookie(token)
    told = house.enter(token)
    assert told.status == 403
    assert "used already" in told.json["what"]
    assert "new code" in told.json["next_step"]
    assert "set-cookie" not in told.headers


def test_of_many_who_come_at_once_with_one_token_one_gets_in(house: House) -> None:
    token, found = house.access.invite(), []
    lines = [
        threading.Thread(target=lambda: found.append(house.enter(token).status))
        for _ in range(6)
    ]
    for line in lines:
        line.start()
    for line in lines:
        line.join()
    assert sorted(found) == [200, 403, 403, 403, 403, 403]


def test_a_token_ends_after_a_quarter_of_an_hour(house: House) -> None:
    token = house.access.invite()
    house.clock.now_s += INVITATION_S
    told = house.enter(token)
    assert (told.status, told.json["what"]) == (403, "This code has ended.")
    assert INVITATION_S == 15 * 60


@pytest.mark.parametrize("token", ["", "x", "a" * 200, "\N{SNOWMAN}", "../../run"])
def test_a_wrong_token_opens_nothing(house: House, token: str) -> None:
    house.access.invite()
    told = house.enter(token)
    assert told.status == 403
    assert "set-cookie" not in told.headers


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b'{"token": 1}', b'{"token": "a", "next": "//e"}', b"\xff"),
        *(b'{"token": "\xff"}', b'{"token": ' + b"[" * 60_000, b'{"x":' * 10_000),
    ],
)
def test_what_is_no_token_at_all_is_refused(house: House, body: bytes) -> None:
    origin = {"origin": house.server.network_url.rstrip("/"), **JSON}
    assert house.far("POST", "/enter", body=body, headers=origin).status == 400


def test_after_ten_wrong_tokens_further_ones_have_to_wait(house: House) -> None:
    assert [house.enter("wrong").status for _ in range(11)] == [403] * 10 + [429]
    told = house.enter("wrong")
    assert told.status == 429
    assert 1 <= int(told.headers["retry-after"]) <= 61
    assert "Wait" in told.json["next_step"]
    house.clock.now_s += 61.0
    assert house.enter("wrong").status == 403


def test_a_neighbours_wrong_tokens_shut_nobody_out_who_has_a_right_one(
    house: House,
) -> None:
    owners, coachs = house.access.invite(), house.access.coach_link()
    assert [house.enter("wrong").status for _ in range(12)][-1] == 429
    assert house.enter(coachs).status == 200
    assert house.enter(owners).status == 200
    assert house.enter(owners).status == 429  # used: as wrong as any other


def test_who_came_in_before_is_not_shut_out_by_others_guesses(house: House) -> None:
    secret = house.cookie(house.access.invite())
    for _ in range(12):
        house.enter("wrong")
    assert house.far("GET", "/tiles.json", headers=secret).status == 200


def test_addresses_that_guess_are_bounded_in_memory() -> None:
    attempts = Attempts(Clock(), AttemptLimits(most_addresses=50))
    for number in range(500):
        attempts.note(f"192.168.{number // 250}.{number % 250}")
    assert len(attempts) == 50
    assert attempts.wait_s("192.168.1.249") == 0.0


def test_a_quiet_address_is_forgotten() -> None:
    clock = Clock()
    attempts = Attempts(clock, AttemptLimits(most=2))
    attempts.note("192.168.1.9")
    attempts.note("192.168.1.9")
    assert attempts.wait_s("192.168.1.9") == 60.0
    clock.now_s += 60.0
    assert attempts.wait_s("192.168.1.9") == 0.0
    assert len(attempts) == 0


def test_one_machine_cannot_try_from_many_addresses_of_its_own() -> None:
    assert neighbourhood("2001:db8::1") == neighbourhood("2001:db8::2:3")
    assert neighbourhood("2001:db8::1") != neighbourhood("2001:db8:0:1::1")
    assert neighbourhood("::ffff:192.168.1.9") == "192.168.1.9"


def test_a_coach_looks_at_the_wall_and_does_nothing(house: House) -> None:
    told = house.enter(house.access.coach_link())
    assert told.json == {"go": "/"}
    secret = {"cookie": told.headers["set-cookie"].partition(";")[0]}
    assert {house.far("GET", p, headers=secret).status for p in WALL} == {200}
    for path in (*OWNERS, "/static/..%2frun", "/static/%2e%2e/run", "//run", "/run/"):
        assert (path, house.far("GET", path, headers=secret).status) == (path, 403)
    for path in ("/run/do", "/desk", "/door", "/", "/history/mira.json"):
        assert (path, house.send(path, {}, **secret).status) == (path, 403)
    assert house.far("DELETE", "/", headers=secret).status == 403
    assert (house.done, house.said) == ([], [])


def test_a_coachs_link_is_for_many_and_ends_for_all(house: House) -> None:
    token = house.access.coach_link(600.0)
    first, second = house.cookie(token), house.cookie(token)
    assert first == second  # what all may have, nobody can use up
    house.clock.now_s += 599.0
    third = house.cookie(token)
    house.clock.now_s += 1.0
    for secret in (first, second, third):
        assert house.far("GET", "/tiles.json", headers=secret).status == 403
    assert house.enter(token).json["what"] == "This code has ended."


def test_the_stream_of_a_coach_ends_with_her_link(house: House) -> None:
    secret = house.cookie(house.access.coach_link(600.0))
    house.clock.now_s += 599.5
    with stream(house.server.network_url, secret) as answer:
        assert answer.status == 200
        assert b"Mira" in answer.read()  # to its end, which comes by itself


def test_a_link_that_goes_round_leaves_room_for_the_owner(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "MOST_FOR_ONE_COACH", MOST_FOR_COACHES)
    owner = house.cookie(house.access.invite())
    coach = house.cookie(house.access.coach_link())
    with ExitStack() as open_pages:
        for _ in range(MOST_FOR_COACHES):
            page = open_pages.enter_context(stream(house.server.network_url, coach))
            assert page.status == 200
        assert house.far("GET", "/tiles.json", headers=coach).status == 503
        assert house.far("GET", "/tiles.json", headers=owner).status == 200
        with stream(house.server.network_url, owner) as answer:
            assert answer.status == 200
    wait_until(lambda: house.far("GET", "/tiles.json", headers=coach).status == 200)


def test_one_machine_with_a_coachs_link_gets_only_its_share(house: House) -> None:
    coach = house.cookie(house.access.coach_link())
    with ExitStack() as open_pages:
        for _ in range(MOST_FOR_ONE_COACH):
            page = open_pages.enter_context(stream(house.server.network_url, coach))
            assert page.status == 200
        assert house.far("GET", "/tiles.json", headers=coach).status == 503
    wait_until(lambda: house.far("GET", "/tiles.json", headers=coach).status == 200)


def test_an_owner_who_opens_a_coachs_link_stays_one(house: House) -> None:
    owner = house.cookie(house.access.invite())
    told = house.send("/enter", {"token": house.access.coach_link()}, **owner)
    assert (told.status, told.json["go"]) == (200, "/")
    assert "set-cookie" not in told.headers


def test_codes_for_phones_do_not_end_a_coachs_link() -> None:
    access = Access(clock=Clock())
    link = access.coach_link()
    for _ in range(100):
        access.invite()
    assert access.is_waiting(link)


def test_coaches_cannot_push_out_each_other() -> None:
    access = Access(clock=Clock())
    other, link = access.coach_link(), access.coach_link()
    mine = access.enter(other, "192.168.1.9").secret
    for _ in range(300):
        access.enter(link, "192.168.1.8")
    assert access.who(mine) is not None


def test_the_head_of_a_stream_is_no_stream(house: House) -> None:
    owner = house.cookie(house.access.invite())
    told = house.far("HEAD", "/events", headers=owner)
    assert (told.status, told.headers["content-type"]) == (
        200,
        "text/event-stream; charset=utf-8",
    )


@pytest.mark.parametrize(
    "others",
    ['a={"x":1}', "a b=1", "prefs=a,b c", "flag", "=x", 'a="b', "path=/x"],
)
def test_cookies_of_other_programs_at_this_address_do_no_harm(
    house: House, others: str
) -> None:
    own = house.cookie(house.access.invite())["cookie"]
    for both in (f"{others}; {own}", f"{own}; {others}"):
        told = house.far("GET", "/tiles.json", headers={"cookie": both})
        assert (both, told.status) == (both, 200)


def test_a_cookie_of_another_server_is_none_here(house: House, address: str) -> None:
    other = Access(address)
    secret = other.enter(other.invite(), "192.168.1.9").secret
    for value in (secret, "", '"', "a; treadwear=b", "\\"):
        headers = {"cookie": f"treadwear={value}"}
        assert house.far("GET", "/tiles.json", headers=headers).status == 403


def test_an_owners_cookie_does_not_last_for_ever() -> None:
    clock = Clock()
    access = Access(clock=clock)
    secret = access.enter(access.invite(), "192.168.1.9").secret
    clock.now_s += STAY_S
    assert access.who(secret) is None


def test_a_phone_that_scans_many_codes_pushes_no_other_one_out(house: House) -> None:
    mine = house.cookie(house.access.invite())
    others = house.cookie(house.access.invite())
    for _ in range(30):
        told = house.send("/enter", {"token": house.access.invite()}, **others)
        assert told.status == 200
        old, others = others, {"cookie": told.headers["set-cookie"].partition(";")[0]}
    assert house.far("GET", "/run", headers=mine).status == 200
    assert house.far("GET", "/run", headers=others).status == 200
    assert house.far("GET", "/run", headers=old).status == 403


def test_coaches_cannot_push_out_an_owner() -> None:
    access = Access(clock=Clock())
    mine = access.enter(access.invite(), "192.168.1.9").secret
    link = access.coach_link()
    for _ in range(300):
        access.enter(link, "192.168.1.9")
    stay = access.who(mine)
    assert stay is not None
    assert stay.role.value == "owner"


def test_a_token_cannot_be_guessed_and_is_not_kept() -> None:
    access = Access(clock=Clock())
    tokens = {access.invite() for _ in range(20)}
    assert len(tokens) == 20
    assert min(map(len, tokens)) >= 32  # of 64 letters each: 192 bits
    assert not any(token in repr(access._tickets) for token in tokens)


def test_only_an_owner_makes_codes(house: House) -> None:
    assert house.send("/door", {"role": "owner"}).status == 403
    coach = house.cookie(house.access.coach_link())
    assert house.send("/door", {"role": "owner"}, **coach).status == 403
    told = house.near("POST", "/door", body=b'{"role": "owner"}', headers=JSON)
    token = told.json["link"].partition("#")[2]
    assert told.json["link"] == link_of(house.server.network_url, token)
    owner = house.cookie(token)
    told = house.send("/door", {"role": "coach"}, **owner)
    assert told.json["minutes"] == COACH_S / 60
    assert house.enter(told.json["link"].partition("#")[2]).json == {"go": "/"}
    assert house.send("/door", {"role": "root"}, **owner).status == 400


def test_the_picture_on_the_page_is_the_code_of_the_link(house: House) -> None:
    told = house.near("POST", "/door", body=b'{"role": "owner"}', headers=JSON)
    code = json.loads(told.body)
    rows = [list(row) for row in picture_of(code["link"]).matrix_iter(border=4)]
    assert code["size"] == len(rows)
    assert code["path"] == path_of(rows)


def test_a_path_draws_each_dark_square_once() -> None:
    assert path_of([[0, 1, 1, 0], [1, 0, 0, 1]]) == (
        "M1 0h2v1h-2zM0 1h1v1h-1zM3 1h1v1h-1z"
    )


def test_an_error_at_the_door_says_what_to_do() -> None:
    access = Access(clock=Clock())
    with pytest.raises(DoorError) as refused:
        access.enter("nonsense", "192.168.1.9")
    assert "started anew" in refused.value.what
    assert "/door" in refused.value.next_step
