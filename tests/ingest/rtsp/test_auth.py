"""Logins: the standards' own examples, what cameras offer, and what is refused."""

from base64 import b64encode
from hashlib import sha256

import pytest

from fusion.ingest.rtsp.address import Login
from fusion.ingest.rtsp.auth import Authenticator, Challenge, basic_answer, digest_answer, parse_challenges
from fusion.ingest.rtsp.faults import RtspFault, RtspFaultKind

from .camera import parameters

MUFASA = Login("Mufasa", "Circle of Life")
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
RFC_CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def only(header: str) -> Challenge:
    [challenge] = parse_challenges([header])
    return challenge


def authenticator(login: Login | None = MUFASA) -> Authenticator:
    return Authenticator(login, lambda: "0a4f113b")


def challenged(header: str, *more: str) -> Authenticator:
    one = authenticator()
    one.challenged([header, *more], answered=False)
    return one


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_3_9_1_come_out(algorithm: str, response: str) -> None:
    challenge = only(RFC_7616.format(algorithm))
    answer = digest_answer(challenge, MUFASA, "GET", "/dir/index.html", RFC_CNONCE, 1)
    assert parameters(answer) == {
        "username": "Mufasa",
        "realm": "http-auth@example.org",
        "uri": "/dir/index.html",
        "algorithm": algorithm,
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "nc": "00000001",
        "cnonce": RFC_CNONCE,
        "qop": "auth",
        "response": response,
        "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
    }


def test_the_examples_of_rfc_2617_and_of_rfc_2069_without_qop_come_out() -> None:
    header = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    new = digest_answer(
        only(f'{header}, qop="auth"'), Login("Mufasa", "Circle Of Life"), "GET", "/dir/index.html", "0a4f113b", 1
    )
    assert parameters(new)["response"] == "6629fae49393a05397450978507c4ef1"
    old = digest_answer(only(header), Login("Mufasa", "CircleOfLife"), "GET", "/dir/index.html", "unused", 1)
    assert parameters(old)["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert not {"qop", "nc", "cnonce", "algorithm", "opaque"} & set(parameters(old))


def test_a_session_algorithm_binds_the_secret_to_both_nonces_and_repeats_the_cnonce() -> None:
    challenge = only('Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256-sess')
    answer = digest_answer(challenge, Login("u", "p"), "PLAY", "rtsp://h/x", "c", 2)

    def hashed(text: str) -> str:
        return sha256(text.encode()).hexdigest()

    secret = hashed(f"{hashed('u:r:p')}:n:c")
    assert parameters(answer)["response"] == hashed(f"{secret}:n:00000002:c:auth:{hashed('PLAY:rtsp://h/x')}")
    assert parameters(answer)["algorithm"] == "SHA-256-sess"
    assert "cnonce" in parameters(
        digest_answer(only('Digest nonce="n", algorithm=MD5-sess'), MUFASA, "PLAY", "x", "c", 1)
    )


def test_auth_int_covers_the_empty_body_where_nothing_else_is_offered() -> None:
    challenge = only('Digest realm="r", nonce="n", qop=auth-int, algorithm=SHA-256')
    answer = digest_answer(challenge, Login("u", "p"), "PLAY", "rtsp://h/x", "c", 1)

    def hashed(text: str) -> str:
        return sha256(text.encode()).hexdigest()

    deed = hashed(f"PLAY:rtsp://h/x:{hashed('')}")
    assert parameters(answer)["response"] == hashed(f"{hashed('u:r:p')}:n:00000001:c:auth-int:{deed}")


@pytest.mark.parametrize(
    ("offered", "scheme", "algorithm"),
    [
        (['Basic realm="a"', RFC_7616.format("MD5"), RFC_7616.format("SHA-256")], "digest", "SHA-256"),
        (['Basic realm="a"', RFC_7616.format("MD5")], "digest", "MD5"),
        (['Basic realm="a", Digest realm="b", nonce="c", algorithm="MD5"'], "digest", "MD5"),
        (['Digest realm="b", nonce="c", algorithm=SHA-512-256, Basic realm="a"'], "basic", "MD5"),
        (['Digest realm="b", nonce="c", qop="auth-conf"', "Basic"], "basic", "MD5"),
        (["NTLM", "Negotiate abc==", "digest nonce=c"], "digest", "MD5"),
    ],
)
def test_the_strongest_known_scheme_is_taken(offered: list[str], scheme: str, algorithm: str) -> None:
    best = max(parse_challenges(offered), key=lambda challenge: challenge.strength)
    assert (best.scheme, best.algorithm) == (scheme, algorithm)


def test_quoted_strings_keep_their_escaped_signs_and_give_them_back_escaped() -> None:
    challenge = only(r'Digest realm="the \"gate\", a\\b", nonce="n,o=1", opaque=""')
    assert challenge.realm == r'the "gate", a\b'
    assert challenge.nonce == "n,o=1"
    answer = digest_answer(challenge, Login('ad"min', "p"), "PLAY", "x", "", 1)
    assert r'realm="the \"gate\", a\\b"' in answer
    assert r'username="ad\"min"' in answer
    assert 'opaque=""' in answer


def test_basic_is_user_and_password_in_base64() -> None:
    assert basic_answer(Login("管理", "p:w")) == "Basic " + b64encode("管理:p:w".encode()).decode()
    assert challenged('Basic realm="x"').header("PLAY", "rtsp://h/x") == basic_answer(MUFASA)


def test_nothing_is_sent_before_a_challenge() -> None:
    assert authenticator().header("DESCRIBE", "rtsp://h/x") is None


def test_each_request_counts_the_nonce_on_and_a_new_nonce_counts_anew() -> None:
    one = challenged('Digest nonce="a", qop=auth')
    counts = [parameters(one.header("PLAY", "x") or "")["nc"] for _ in range(11)]
    assert counts == [f"{count:08x}" for count in range(1, 12)]
    one.challenged(['Digest nonce="b", qop=auth, stale=true'], answered=True)
    assert parameters(one.header("PLAY", "x") or "")["nc"] == "00000001"


def test_a_second_401_means_that_user_or_password_are_refused() -> None:
    one = challenged('Digest nonce="a"')
    with pytest.raises(RtspFault, match=r"the camera refuses user or password \(401\)") as raised:
        one.challenged(['Digest nonce="b"'], answered=True)
    assert raised.value.kind is RtspFaultKind.REFUSED


def test_a_stale_nonce_is_replaced_once_and_not_for_ever() -> None:
    one = challenged('Digest nonce="a"')
    one.challenged(['Digest nonce="b", stale=TRUE'], answered=True)
    assert parameters(one.header("PLAY", "x") or "")["nonce"] == "b"
    with pytest.raises(RtspFault):
        one.challenged(['Digest nonce="c", stale=true'], answered=True)


def test_a_nonce_that_is_stale_and_yet_the_same_is_refused() -> None:
    with pytest.raises(RtspFault):
        challenged('Digest nonce="a"').challenged(['Digest nonce="a", stale=true'], answered=True)


def test_a_nonce_that_had_worked_may_grow_old_without_the_camera_saying_so() -> None:
    one = challenged('Digest nonce="a"')
    one.accepted()
    one.challenged(['Digest nonce="b"'], answered=True)
    with pytest.raises(RtspFault):
        one.challenged(['Digest nonce="c"'], answered=True)


def test_a_camera_that_wants_a_login_that_nobody_gave_is_refused_in_plain_words() -> None:
    with pytest.raises(RtspFault, match="wants user and password, and its address has none") as raised:
        authenticator(None).challenged(["Basic"], answered=False)
    assert raised.value.kind is RtspFaultKind.REFUSED


@pytest.mark.parametrize(
    "header", ["", "NTLM", 'Digest realm="no nonce"', 'Digest nonce="n", algorithm=SHA-1', '="', "\\"]
)
def test_an_unknown_kind_of_login_is_unsupported(header: str) -> None:
    with pytest.raises(RtspFault, match="a login of a kind that is not known") as raised:
        authenticator().challenged([header], answered=False)
    assert raised.value.kind is RtspFaultKind.UNSUPPORTED


def test_no_repr_and_no_fault_shows_a_secret() -> None:
    assert "Mufasa" not in repr(MUFASA)
    assert "Circle" not in repr(MUFASA)
    assert "hush" not in repr(Challenge("digest", "r", nonce="hush", opaque="hush"))


@pytest.mark.parametrize(
    "header", ['a="' * 5000, 'Digest a="' + "\\" * 16_000, "a = " * 4000, " \t" * 8000, '"' * 16_000]
)
def test_hostile_headers_are_read_in_no_time(header: str) -> None:
    assert len(parse_challenges([header])) <= 1  # a quadratic reading would run into the test's timeout
