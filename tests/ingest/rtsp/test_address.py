"""Addresses: what is connected to, what is asked for, and what relative ones mean."""

import pytest

from fusion.ingest.rtsp.address import Login, parse_url, resolve
from fusion.types.errors import SiteError


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "request_url"),
    [
        ("rtsp://10.0.0.7/a", "10.0.0.7", 554, False, "rtsp://10.0.0.7/a"),
        ("RTSP://cam.local:8554", "cam.local", 8554, False, "rtsp://cam.local:8554"),
        ("rtsps://cam/a", "cam", 322, True, "rtsps://cam/a"),
        ("rtsps://cam:443/a", "cam", 443, True, "rtsps://cam:443/a"),
        ("rtsp://[2001:db8::7]/a", "2001:db8::7", 554, False, "rtsp://[2001:db8::7]/a"),
        ("rtsp://u:p@[fe80::1%25eth0]:5540/a", "fe80::1%eth0", 5540, False, "rtsp://[fe80::1%25eth0]:5540/a"),
        ("rtsp://u:p@h/a?b=c&d=e/f#g", "h", 554, False, "rtsp://h/a?b=c&d=e/f"),
        ("rtsp://h?channel=1", "h", 554, False, "rtsp://h?channel=1"),
        ("rtsp://h/门 口", "h", 554, False, "rtsp://h/%E9%97%A8%20%E5%8F%A3"),
        ('rtsp://h/%41/"\\\r\nX: y', "h", 554, False, "rtsp://h/%41/%22%5C%0D%0AX:%20y"),
    ],
)
def test_an_address_names_whom_to_connect_to_and_what_to_ask_for(
    url: str, host: str, port: int, tls: bool, request_url: str
) -> None:
    address = parse_url(url)
    assert (address.host, address.port, address.tls, address.request_url) == (host, port, tls, request_url)


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("rtsp://h/", None),
        ("rtsp://@h/", None),
        ("rtsp://admin@h/", Login("admin", "")),
        ("rtsp://admin:p%40ss%3Aw%2Ford@h/", Login("admin", "p@ss:w/ord")),
        ("rtsp://admin:p@ss:word@h/", Login("admin", "p@ss:word")),
        ("rtsp://%E7%AE%A1:%E5%AF%86@h/", Login("管", "密")),
    ],
)
def test_user_and_password_are_percent_decoded(url: str, login: Login | None) -> None:
    address = parse_url(url)
    assert address.login == login
    assert parse_url(address.with_login(login)).login == login


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://h/a",
        "rtsp:///a",
        "rtsp://h:0/a",
        "rtsp://h:65536/a",
        "rtsp://h:x/a",
        "rtsp://admin:hush/hush@h/a",
        "rtsp://[::1/a",
        "rtsp://[hush]/a",
        "rtſp://h/a",
        "rtsp://h:٥٥٤/a",
        "rtsp://ad%0D%0Amin:hush@h/a",
        "rtsp://h/\ud800",
        "rtsp://h/" + "a" * 5000,
    ],
)
def test_what_is_no_address_is_refused_without_its_secret(url: str) -> None:
    with pytest.raises(SiteError, match="is no address of a stream; wanted: rtsp://") as raised:
        parse_url(url)
    assert "hush/" not in str(raised.value)
    assert ":hush" not in str(raised.value)


def test_no_repr_shows_a_login_or_a_token() -> None:
    assert "hush" not in repr(parse_url("rtsp://hush:hush@h/a?token=hush"))


@pytest.mark.parametrize(
    ("base", "reference", "wanted"),
    [
        ("rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a", "trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a/", "/trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a?b=c", "trackID=1", "rtsp://h/a?b=c/trackID=1"),
        ("rtsp://h/a?b=c/", "trackID=1", "rtsp://h/a?b=c/trackID=1"),
        ("rtsp://h/a/", "stream=0?b=c", "rtsp://h/a/stream=0?b=c"),
        ("rtsp://h/a", "?ctype=video", "rtsp://h/a?ctype=video"),
        ("rtsp://h/a/", "*", "rtsp://h/a/"),
        ("rtsp://h/a/", "", "rtsp://h/a/"),
        ("rtsp://h/a/", "rtsp://h:554/b/track1", "rtsp://h:554/b/track1"),
        ("rtsp://h/a/", "rtsp://u:hush@h/b", "rtsp://h/b"),
        ("rtsp://h/a/", "http://h/b", "rtsp://h/a/"),
        ("rtsp://h/a/", "rtsp://", "rtsp://h/a/"),
        ("rtsp://h/a/", "x\r\nEvil: y", "rtsp://h/a/x%0D%0AEvil:%20y"),
        ("rtsp://h/a/", "\udcbd", "rtsp://h/a/%BD"),
    ],
)
def test_a_relative_control_url_goes_behind_the_base(base: str, reference: str, wanted: str) -> None:
    assert resolve(base, reference) == wanted
