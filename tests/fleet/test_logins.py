"""Logins by Digest with qop, as RFC 7616 and RFC 2617 have them, and nonces that grow old."""

import hashlib
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fusion.fleet import FleetConfig, FleetProcess, StreamConfig
from fusion.fleet.auth import Gate, Login, digest

from .client import Client

LOGIN: dict[str, Any] = {"user": "admin", "password": "p@ss:word"}
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def answer_to(challenge: str, method: str, uri: str, count: int, password: str, **changes: str) -> str:
    """The Authorization header of a client that follows RFC 7616 3.4."""
    found = re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', challenge)
    given = {name: quoted or bare for name, quoted, bare in found}

    def hashed(text: str) -> str:
        return HASHES[given["algorithm"]](text.encode()).hexdigest()

    fields = {"realm": given["realm"], "nonce": given["nonce"], "uri": uri, "nc": f"{count:08x}", "cnonce": "c0ffee"}
    fields |= {"qop": "auth", "username": "admin"} | changes
    secret = hashed(f"{fields['username']}:{fields['realm']}:{password}")
    middle = f"{fields['nonce']}:{fields['nc']}:{fields['cnonce']}:{fields['qop']}"
    response = hashed(f"{secret}:{middle}:{hashed(f'{method}:{uri}')}")
    return "Digest " + ", ".join(f'{name}="{text}"' for name, text in {**fields, "response": response}.items())


@pytest.mark.parametrize(("auth", "algorithm"), [("digest", "MD5"), ("digest-sha256", "SHA-256")])
def test_a_digest_with_qop_is_admitted_once_for_each_count_and_a_stale_nonce_is_said_to_be_stale(
    clips: dict[str, Path], auth: str, algorithm: str
) -> None:
    stream = StreamConfig.model_validate({"path": "/t", "clip": clips["H264"], "auth": auth, **LOGIN})
    config = FleetConfig(streams=(stream,), nonce_lifetime=timedelta(milliseconds=400))
    with FleetProcess(config) as fleet, Client(fleet.port) as client:
        uri = client.uri("/t")

        def ask(challenge: str, count: int, **changes: str) -> tuple[int, str]:
            given = {"password": LOGIN["password"]} | changes
            said = client.ask("DESCRIBE", "/t", Authorization=answer_to(challenge, "DESCRIBE", uri, count, **given))
            return said.status, said.headers.get("www-authenticate", "")

        first = client.ask("DESCRIBE", "/t").headers["www-authenticate"]
        assert f"algorithm={algorithm}" in first
        assert 'qop="auth"' in first
        assert "stale" not in first
        assert [ask(first, count)[0] for count in (1, 2, 5)] == [200, 200, 200]
        assert [ask(first, count)[0] for count in (5, 3)] == [401, 401], "a count was taken twice"
        assert ask(first, 6, password="wrong")[0] == 401
        assert ask(first, 6, qop="auth-int")[0] == 401
        assert ask(first, 6, cnonce="")[0] == 401
        refused = fleet.stats()["/t"]["logins_refused"]
        status, count = 200, 6
        while status == 200:
            (status, again), count = ask(first, count), count + 1
        assert "stale=true" in again
        assert ask(again, 1)[0] == 200
        assert "stale" not in ask(again, 2, password="wrong")[1]
        assert fleet.stats()["/t"]["logins_refused"] == refused + 1


def test_the_example_of_rfc_7616_gives_its_responses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fusion.fleet.auth.REALM", "http-auth@example.org")
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    counted = "00000001:f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ:auth"
    for scheme, response in (
        ("digest", "8ca523f5e9506fed4657c9700eebdbec"),
        ("digest-sha256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ):
        login = Login(scheme, "Mufasa", "Circle of Life")  # type: ignore[arg-type] # one of the two literals
        assert digest(login, "GET", "/dir/index.html", nonce, counted) == response


def test_sha_256_is_not_taken_without_qop_and_an_unknown_nonce_with_a_right_password_is_stale() -> None:
    gate, login = Gate(None, 0.0), Login("digest-sha256", "admin", "pw")
    old = digest(login, "PLAY", "/t", "n")
    header = f'Digest username="admin", realm="fusion fleet", nonce="n", uri="/t", response="{old}"'
    assert not gate.admits(login, header, "PLAY", lambda _: True, 0.0)
    assert not gate.stale
    counted = digest(login, "PLAY", "/t", "n", "00000001:c:auth")
    header = header.replace(old, counted) + ", nc=00000001, cnonce=c, qop=auth"
    assert not gate.admits(login, header, "PLAY", lambda _: True, 0.0)
    assert gate.stale
