"""`fusion learn` as people type it."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from fusion.cli import learn as command
from fusion.teaching.learn import Learnt
from fusion.teaching.shelf import Shelf
from fusion.types.errors import SiteError

from .crops import STALLS, crops_of, keep

ROOT = Path(__file__).parents[2]
#: the command by itself: the whole program sets up logs, which other tests of this process have set up
app = typer.Typer()
command.add_to(app)


def learn(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fusion", "learn", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, timeout=110, check=False, cwd=ROOT)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A site's data without a store."""
    (tmp_path / "state" / "teaching").mkdir(parents=True)
    return tmp_path / "state"


def test_it_is_taught_by_a_folder_of_crops_and_says_what_it_found(state: Path, marked: Path, tmp_path: Path) -> None:
    done = learn(state, "--crops", marked, "--report", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    assert "v1: chat 30, parked_car 30, stall 30" in done.stdout
    assert "v1: better: in use now" in done.stdout
    assert (tmp_path / "report" / "report.html").is_file()
    listed = CliRunner().invoke(app, [str(state), "--list"]).output.splitlines()
    assert listed[0].startswith("* v1 ")
    assert listed[-1] == "in use: v1"


def test_too_early_is_one_line_and_code_1(state: Path, tmp_path: Path) -> None:
    keep(tmp_path / "crops", "stall", crops_of(STALLS, "stall"), 7)
    done = learn(state, "--crops", tmp_path / "crops")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("fusion: too early to learn: marked so far: stall 7; wanted: 30 of")
    assert not (state / "fusion.db").exists()


def test_one_word_switches_it_off_and_another_back(state: Path, learnt: Learnt) -> None:
    shelf = Shelf(state / "teaching")
    shelf.put(learnt.classifier)
    for args, said in (("--use", "v1"), "v1"), (("--off",), "off"), (("--use", "v1"), "v1"):
        done = CliRunner().invoke(app, [str(state), *args])
        assert (done.exit_code, done.output) == (0, f"second stage: {said}\n")
        assert shelf.choice().version == (None if said == "off" else said)


def test_two_wishes_at_once_are_refused(state: Path) -> None:
    done = CliRunner().invoke(app, [str(state), "--off", "--list"])
    assert isinstance(done.exception, SiteError)
    assert not (state / "teaching" / "in_use.json").exists()


def test_a_version_that_is_not_there_is_one_line_and_code_2(state: Path) -> None:
    done = learn(state, "--use", "v9")
    assert done.returncode == 2
    assert done.stderr.splitlines() == [f"fusion: {state}/teaching/versions/v9.json: missing; wanted: one of none yet"]
