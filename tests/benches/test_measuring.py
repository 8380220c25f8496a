import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from bench import compare, plot
from bench.cost import cpu_s, memory, tree
from bench.probe import Seen
from bench.report import table
from bench.zone import linearity, zone_of

_BURN = "import time; began = time.process_time()\nwhile time.process_time() - began < 0.3: pass"


def test_the_time_of_a_child_that_has_ended_stays_with_its_tree() -> None:
    grandchild = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_BURN!r}]); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", f"{grandchild}"], stdin=subprocess.PIPE) as child:
        while cpu_s([child.pid]) < 0.3:
            assert child.poll() is None
        while len(tree([child.pid])) > 1:
            assert child.poll() is None
        assert cpu_s([child.pid]) >= 0.3
        assert memory([child.pid]).rss_mib > 1
        assert child.stdin is not None
        child.stdin.close()


def test_what_has_ended_costs_nothing_more() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert cpu_s([child.pid]) == 0
    assert memory([child.pid]).pss_mib == 0


def test_a_plot_is_well_formed_whatever_the_names_hold(tmp_path: Path) -> None:
    plot.bars(tmp_path / "bars.svg", "a < b & c", "ms", {"<one>": 1.0, "none": 0.0})
    plot.lines(tmp_path / "lines.svg", "t", "x", "y", {"&": [(0, 0), (2, 3)], "empty": []})
    for path in tmp_path.glob("*.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")  # noqa: S314 - our own file


def test_a_table_shows_what_is_missing_as_a_dash() -> None:
    assert table([{"a": 1.23456}], ("a", "b")).splitlines()[1].split() == ["1.235", "-"]


def test_a_terminal_in_a_burst_counts_each_keyframe_once() -> None:
    seen = Seen()
    seen.look(100.0, keyframe=True)
    for tenth in range(1, 40):
        seen.look(100.0 + tenth / 10, keyframe=tenth == 20)
    assert (seen.looks, seen.keyframes) == (40, 2)
    assert seen.longest_gap_s == pytest.approx(0.1)


def test_a_keyframe_that_was_not_looked_at_is_not_counted() -> None:
    seen = Seen()
    for at_s in (100.0, 102.0, 106.0):
        seen.look(at_s, keyframe=True)
    assert (seen.keyframes, seen.longest_gap_s) == (3, 4.0)


def test_cost_that_lies_on_a_line_is_computed_for_the_whole_zone() -> None:
    rows = [{"terminals": count, "cores": 0.1 + 0.001 * count} for count in (200, 400, 800)]
    line = linearity(rows, "cores")
    assert line["computed_for_1677"] == pytest.approx(1.777)
    assert line["largest_residual_share"] == pytest.approx(0)


def test_active_terminals_and_those_that_will_be_lost_are_dealt_out_as_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.zone.prepared", lambda _work, scene, *_args, **_named: Path(scene))
    zone = zone_of(100, 0.05, 20, tmp_path, 4)
    assert sum(zone.active) == 5
    assert sum(path.startswith("/lost-") for path in zone.paths) == 20
    assert sum(part.count for part in zone.parts) == len(set(zone.paths)) == 100
    assert {path for part in zone.parts for path in part.paths()} == set(zone.paths)


def _baseline(path: Path, **parts: float) -> Path:
    path.write_text(json.dumps({"parts": parts}), encoding="utf-8")
    return path


def test_a_part_that_has_become_dearer_than_allowed_fails_the_comparison(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    old = _baseline(tmp_path / "old.json", test_gate=1.0, test_rules=1.0)
    new = _baseline(tmp_path / "new.json", test_gate=1.5, test_rules=1.1)
    monkeypatch.setattr("sys.argv", ["compare", str(old), str(new), "--factor", "1.4"])
    assert compare.main() == 1
    assert "1 of 2 parts" in capsys.readouterr().out


def test_a_slower_machine_is_not_taken_for_slower_code() -> None:
    rows = compare.ratios({"test_yardstick": 1.0, "test_gate": 1.0}, {"test_yardstick": 2.0, "test_gate": 2.0})
    assert [row["ratio"] for row in rows] == [1.0]


def test_what_pytest_benchmark_wrote_becomes_a_baseline(tmp_path: Path) -> None:
    written = tmp_path / "new.json"
    written.write_text(json.dumps({"machine_info": {}, "benchmarks": [{"name": "test_gate", "stats": {"min": 0.5}}]}))
    compare.keep(written, tmp_path / "kept" / "baseline.json")
    assert compare.times_s(tmp_path / "kept" / "baseline.json") == {"test_gate": 0.5}


def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text("[]")
    with pytest.raises(SystemExit, match=r"other\.json.*wanted"):
        compare.times_s(path)
