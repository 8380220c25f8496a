"""`fusion fleet`, as a person uses it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .client import Client

COMMAND = [sys.executable, "-m", "fusion", "fleet"]


def fusion_fleet(*args: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *map(str, args)], capture_output=True, text=True, timeout=60, check=False)


def test_it_serves_terminals_with_a_login_until_ctrl_c_and_says_what_it_sent(
    clips: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "pw").write_text("hush-hush\n")
    args = ["--terminals", "3", "--clips", str(clips["H264"]), "--user", "eve", "--password-file", str(tmp_path / "pw")]
    args += ["--print-urls", str(tmp_path / "urls"), "--json", str(tmp_path / "stats.json"), "--auth", "digest-sha256"]
    with subprocess.Popen([*COMMAND, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        ready = process.stdout.readline()
        assert "/t/0001/sub … /t/0003/sub" in ready
        urls = (tmp_path / "urls").read_text().splitlines()
        assert len(urls) == 3
        assert (tmp_path / "urls").stat().st_mode & 0o077 == 0
        assert urls[2].startswith("rtsp://eve:hush-hush@127.0.0.1:")
        with Client(int(urls[0].split(":")[3].split("/")[0])) as client:
            assert "SHA-256" in client.ask("DESCRIBE", "/t/0002/sub").headers["www-authenticate"]
        process.send_signal(signal.SIGINT)
        began_s = time.monotonic()
        assert process.wait(5) == 0
        assert time.monotonic() - began_s < 2
        said = ready + process.stdout.read() + process.stderr.read()
    assert "hush" not in said
    assert json.loads((tmp_path / "stats.json").read_text())["streams"] == 3


def test_it_encodes_clips_again_and_ends_by_itself(clips: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('[{"path": "/t/*", "of": 0.5, "mischief": "hang", "after": "100ms"}]')
    done = fusion_fleet(
        "--terminals", "2", "--clips", clips["H264"], "--seconds", "1", "--repace", "10", "--size", "160x96",
        "--keyframe-s", "0.5", "--work", tmp_path, "--faults", tmp_path / "faults.json", "--json", tmp_path / "s.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "2 streams of 2 clips" in done.stdout
    assert len(list(tmp_path.glob("*.mp4"))) == 2
    stats = json.loads((tmp_path / "s.json").read_text())
    assert sorted(stream["state"] for stream in stats["by_path"].values()) == ["hang", "online"]


# Importing the whole command line takes seconds: one process runs several lines.
_SEVERAL = """
import contextlib, io, json, sys
from fusion.cli import main
for args in json.load(sys.stdin):
    sys.argv, out, err = ["fusion", "fleet", *args], io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""
_MISTAKES = {
    "absent.mp4": ["--clips", "absent.mp4"],
    "--password-file": ["--user", "eve"],
    "--allow-remote": ["--host", "192.0.2.1", "--terminals", "1"],
    "--size 'large'": ["--repace", "15", "--size", "large"],
    "absent.yaml": ["--faults", "absent.yaml"],
}


@pytest.fixture(scope="module")
def said() -> list[tuple[int, str, str]]:
    """(exit code, standard output, standard error) of --kinds, --help and each mistake."""
    lines = [["--kinds"], ["--help"], *_MISTAKES.values()]
    done = subprocess.run(
        [sys.executable, "-c", _SEVERAL],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def test_it_lists_every_kind_of_mischief_and_helps_with_an_example(said: list[tuple[int, str, str]]) -> None:
    kinds, helped = said[:2]
    assert kinds[0] == helped[0] == 0
    assert "sparse_gop      Keyframes come seldom. [period=10s]" in kinds[1]
    assert "Example: fusion fleet --terminals" in helped[1]


def test_each_mistake_is_one_line_and_code_2(said: list[tuple[int, str, str]]) -> None:
    for named, (code, _, err) in zip(_MISTAKES, said[2:], strict=True):
        assert code == 2
        lines = [line for line in err.splitlines() if not line.startswith("…")]
        assert len(lines) == 1
        assert lines[0].startswith("fusion: ")
        assert named in lines[0]
