"""The command on real clips of the demo: what it finds, misses and makes up, as a table, as JSON and as a page."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import typer
from typer.testing import CliRunner

from fusion.cli.judge import add_to
from fusion.judging.chains import read_chain
from fusion.judging.judging import Task, judge
from fusion.judging.page import page_of
from fusion.judging.piece import Chain
from fusion.judging.playing import Rate
from fusion.judging.report import Report
from fusion.judging.truths import with_truth
from fusion.types.errors import SiteError

from .things import CLIPS

APP = typer.Typer()  # by itself: the whole command line would send the logs of all later tests to its own output
add_to(APP)
BAGS = CLIPS / "dump_bags.sub.mp4"


@pytest.fixture(scope="module")
def wrong_truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A truth in which nobody dumps and somebody sells: what is told is false, and what is true is not told."""
    folder = tmp_path_factory.mktemp("truth")
    true = json.loads((CLIPS / "dump_bags.json").read_text("utf-8"))
    (event,) = true["events"]
    stall = {"kind": "street_stall", "start_s": 5, "end_s": 45, "box": [0.1, 0.1, 0.2, 0.4]}
    document = true | {
        "format": 2,
        "clip": BAGS.name,
        "kind": "<script>alert(1)</script>",
        "events": [stall],
        "happenings": [{"name": "rain & <b>bags</b>", **{key: event[key] for key in ("start_s", "end_s", "box_ids")}}],
        "conditions": {"light": "day", "weather": "rain", "person_px": 70},
    }
    file = folder / "truth.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def wrong(wrong_truth: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """(the report's folder, what the command said)."""
    folder = tmp_path_factory.mktemp("judged") / "report"
    said = CliRunner().invoke(
        APP,
        [str(BAGS), "--truth", str(wrong_truth), "--rate", "keyframes", "--report", str(folder), "--jobs", "1",
         "--wanted", "recall=0.95"],
    )  # fmt: skip
    return folder, said


def test_the_adaptive_rate_finds_the_dumping_that_is_there_with_bursts_and_nothing_else() -> None:
    clips = with_truth([BAGS], CLIPS, {})
    report = judge(Task(clips=tuple(clips), rates=(Rate.ADAPTIVE,), chain=Chain()))
    (rate,) = report.rates
    assert (rate.overall.recall.hits, rate.overall.recall.of, rate.overall.precision.value) == (1, 1, 1.0)
    assert rate.overall.from_due.p50_s == pytest.approx(0.0, abs=5.0)
    looks = report.runs[0].lanes[0].looks_s
    assert looks[:2] == [0.0, 10.0]  # an empty street
    assert min(later - sooner for sooner, later in pairwise(looks)) == pytest.approx(0.25)
    assert rate.spent.media_s == 50.0
    assert rate.spent.cpu_s > rate.spent.stages_s_per_media_s["detect"] * 50 > 0


def test_what_is_missed_and_what_is_made_up_is_told_with_its_cause(wrong: tuple[Path, Any]) -> None:
    folder, said = wrong
    report = msgspec.json.decode((folder / "report.json").read_bytes(), type=Report)
    (missed,), (false,) = report.misses, report.false_alarms
    assert (missed.kind, missed.rate) == ("street_stall", "keyframes")
    assert (false.kind, false.cause) == ("waste_dumping", "rain & <b>bags</b>")
    for shown in (missed, false):
        assert shown.picture is not None
        assert (folder / shown.picture).read_bytes()[:2] == b"\xff\xd8"
    assert said.exit_code == 1
    assert "recall of street_stall at keyframes is 0, wanted 0.95" in said.stderr
    assert re.search(r"^keyframes +street_stall +0\.00 .*0/1", said.stdout, re.MULTILINE)
    states = {goal.en: goal.reached for goal in report.goals}
    assert states["false alarms on chat, parked cars, rain, night, light change · keyframes"] is False


def test_the_report_has_the_form_that_its_schema_says(wrong: tuple[Path, Any]) -> None:
    document = json.loads((wrong[0] / "report.json").read_text("utf-8"))
    jsonschema.validate(document, msgspec.json.schema(Report))
    sizes = {c["value"] for c in document["rates"][0]["conditions"] if c["dimension"] == "size"}
    assert sizes == {"middle (60–100 px)"}


def test_the_page_needs_nothing_from_outside_and_believes_no_word_of_a_truth_file(wrong: tuple[Path, Any]) -> None:
    page = (wrong[0] / "index.html").read_text("utf-8")
    assert "判定报告" in page
    assert "Judgement report" in page
    assert "<script" not in page
    assert "<b>bags" not in page
    assert "&lt;b&gt;bags" in page
    assert not re.search(r"""(src|href)=["'](https?:)?//""", page)
    assert page.count("data:image/jpeg;base64,") == 2
    assert page.count('class="event-missed"') == 1


def test_a_clip_that_cannot_be_read_costs_only_itself(tmp_path: Path, wrong_truth: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    truth = json.loads(wrong_truth.read_text("utf-8"))
    both = tmp_path / "truth.json"
    both.write_text(json.dumps([truth, {"clip": "broken.mp4", "events": []}]), encoding="utf-8")
    report = judge(
        Task(clips=tuple(with_truth([BAGS, broken], both, {})), rates=(Rate.KEYFRAMES,), chain=Chain(rules=()), jobs=1)
    )
    assert [fault.split(": ")[1] for fault in report.faults] == ["cannot be read as a video"]
    assert report.media_s == 50.0
    assert "未能判定" in page_of(report, tmp_path)
    with pytest.raises(SiteError, match="cannot be read as a video"):
        judge(Task(clips=tuple(with_truth([broken], both, {})), rates=(Rate.FULL,), chain=Chain(), jobs=1))


def test_two_processes_tell_what_one_tells(wrong: tuple[Path, Any]) -> None:
    clips = with_truth([BAGS, CLIPS / "night.sub.mp4"], CLIPS, {})
    told = judge(Task(clips=tuple(clips), rates=(Rate.KEYFRAMES,), chain=Chain(), jobs=2)).runs
    before = msgspec.json.decode((wrong[0] / "report.json").read_bytes(), type=Report)
    assert [clip.clip for clip in told] == ["dump_bags.sub.mp4", "night.sub.mp4"]
    assert [[mark.at_s for mark in clip.lanes[0].signals] for clip in told] == [
        [false.at_s for false in before.false_alarms],
        [],
    ]


def test_rules_come_from_a_file_as_they_stand_in_a_site(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n- {kind: stall, dwell: 15s, goods: optional}\nlooking: {longest_gap: 5s}\n")
    chain = read_chain(file)
    assert chain.rules[0].model_dump()["goods"] == "optional"
    assert chain.looking.longest_gap.total_seconds() == 5.0
    file.write_text("- {kind: stall}\n- {kind: dumpling}\n")
    with pytest.raises(
        SiteError, match=r"rules.yaml:2: 1.kind: 'dumpling' is no kind of rule; valid: dumping, (loiter, )?stall"
    ):
        read_chain(file)
    file.write_text("rule: []\n")
    with pytest.raises(SiteError, match=r"rules\.yaml:1: rule: no such key here"):
        read_chain(file)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--label", "stall"], "--label: 'stall'; wanted: LABEL=KIND"),
        (["--model", "yolo"], "yolo"),
        (["--wanted", "recall"], "--wanted: 'recall'"),
    ],
)
def test_bad_options_are_refused_before_anything_is_judged(arguments: list[str], words: str) -> None:
    said = CliRunner().invoke(APP, [str(BAGS), "--truth", str(CLIPS), *arguments])
    assert isinstance(said.exception, SiteError)
    assert words in str(said.exception)
