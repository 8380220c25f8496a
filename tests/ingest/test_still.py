import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from fusion.fleet import FleetConfig, FleetProcess, StreamConfig
from fusion.ingest.live import as_jpeg
from fusion.ingest.still import Stills, grab
from fusion.types.errors import TerminalFault


@pytest.fixture(scope="module")
def fleet(street_h264: Path, street_h265: Path) -> Iterator[FleetProcess]:
    streams = (
        StreamConfig(path="/h264", clip=street_h264, user="viewer", password="hush-hush"),
        StreamConfig(path="/h265", clip=street_h265),
    )
    with FleetProcess(FleetConfig(streams=streams)) as fleet:
        yield fleet


@pytest.mark.parametrize("path", ["/h264", "/h265"])
def test_a_still_is_one_whole_keyframe(fleet: FleetProcess, path: str) -> None:
    picture = grab(fleet.url(path), 5, "T1")
    assert (picture.terminal_id, picture.size_px, picture.keyframe) == ("T1", (320, 176), True)
    assert picture.y.max() > 190


def test_a_refused_still_names_the_terminal_and_no_secret(fleet: FleetProcess) -> None:
    with pytest.raises(TerminalFault, match="terminal T1: no still: the camera refuses") as raised:
        grab(fleet.url("/h264").replace("hush-hush", "wrong-hush"), 5, "T1")
    assert "hush" not in "".join(map(str, (raised.value, raised.value.__cause__)))


def test_a_still_of_a_deaf_camera_gives_up_in_time(deaf_port: int) -> None:
    began_s = time.monotonic()
    with pytest.raises(TerminalFault, match=r"no answer within 0\.5 s"):
        grab(f"rtsp://127.0.0.1:{deaf_port}/x", 0.5, "T1")
    assert time.monotonic() - began_s < 2


def test_no_more_stills_at_once_than_the_cap(deaf_port: int, fleet: FleetProcess) -> None:
    stills = Stills(at_once=1)
    url = f"rtsp://127.0.0.1:{deaf_port}/x"
    entered = threading.Event()

    def hang() -> None:
        entered.set()
        with pytest.raises(TerminalFault):
            stills.grab(url, 2, "slow")

    thread = threading.Thread(target=hang)
    thread.start()
    entered.wait(5)
    time.sleep(0.1)  # from the flag to the semaphore
    with pytest.raises(TerminalFault, match="1 others are being taken"):
        stills.grab(fleet.url("/h265"), 0.3, "T2")
    thread.join()
    assert stills.grab(fleet.url("/h265"), 5, "T2").size_px == (320, 176)


def test_the_page_is_given_a_jpeg_in_the_right_colours(fleet: FleetProcess) -> None:
    picture = grab(fleet.url("/h264"), 5, "T1")
    image = cv2.imdecode(np.frombuffer(as_jpeg(picture, widest_px=160), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (88, 160, 3)
    street = image[:30].reshape(-1, 3).mean(axis=0)
    assert np.all(np.abs(street - 99.5) < 6)
    assert image.max() > 215
