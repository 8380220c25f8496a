import pytest

from fusion.ingest.reader import StreamSpec
from fusion.ingest.redact import redacted
from fusion.types.errors import SiteError


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://admin:hush@10.0.0.7:554/main",
        "rtsp://admin:hu@sh@10.0.0.7/main",
        "rtsp://admin:hush/hush?hush@10.0.0.7/main",
        "RTSPS://admin:hush@10.0.0.7/main",
        "rtsp://10.0.0.7/main?user=admin&password=hush&channel=1",
        "rtsp://10.0.0.7/main?channel=1&PWD=hush",
        "rtsp://10.0.0.7/main?access_token=hush#x",
        "cannot open rtsp://admin:hush@10.0.0.7/main: refused",
    ],
)
def test_no_user_or_password_is_left_in_an_address(address: str) -> None:
    shown = redacted(address)
    assert "hush" not in shown
    assert "admin" not in shown
    assert "10.0.0.7" in shown


def test_an_address_without_secrets_stays_as_it_is() -> None:
    assert redacted("rtsp://10.0.0.7:554/main?channel=1") == "rtsp://10.0.0.7:554/main?channel=1"


@pytest.mark.parametrize("url", ["http://u:hush@10.0.0.7/x", "file:///etc/passwd", "rtsp://", "u:hush@10.0.0.7", ""])
def test_what_is_no_rtsp_address_is_refused_in_words_that_hold_no_secret(url: str) -> None:
    with pytest.raises(SiteError, match=r"terminal T1: .* wanted: rtsp://") as raised:
        StreamSpec("T1", url)
    assert "hush" not in str(raised.value)


def test_a_stream_shows_its_terminal_and_not_its_address() -> None:
    assert "hush" not in repr(StreamSpec("T1", "rtsp://admin:hush@10.0.0.7/main"))
