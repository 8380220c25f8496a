import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

ROOT = Path(__file__).parents[2]
CLIPS = ROOT / "configs" / "demo" / "clips"


def fusion(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fusion", *args], capture_output=True, text=True, timeout=110, check=False, cwd=ROOT
    )


@pytest.mark.parametrize("command", ["run", "watch", "rehearse", "check", "models", "fleet", "import", "report"])
def test_each_command_helps_with_an_example(command: str) -> None:
    done = fusion(command, "--help")
    assert done.returncode == 0
    assert f"Example: fusion {command}" in done.stdout


def test_a_missing_site_is_one_line_and_code_2(tmp_path: Path) -> None:
    done = fusion("check", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        f"fusion: {tmp_path}/site.yaml: No such file or directory; wanted: a readable YAML file"
    ]


def test_a_bad_zone_is_one_line_and_code_2() -> None:
    done = fusion("watch", "x.mp4", "--zone", "0,0 1,1")
    assert done.returncode == 2
    assert done.stderr.startswith("fusion: --zone: 2 corners; wanted: three or more")


def test_the_shipped_model_is_well() -> None:
    done = fusion("models")
    assert done.returncode == 0
    assert "ssdlite_mobilenet_v2_coco        well" in done.stdout


def test_watching_a_clip_twice_gives_the_same_events_and_keeps_evidence(tmp_path: Path) -> None:
    reports = []
    for run in ("a", "b"):
        report = tmp_path / f"{run}.json"
        done = fusion(
            "watch", str(CLIPS / "dump_bags.sub.mp4"), "--fast", "--residue", "10", "--dwell", "60",
            "--out", str(tmp_path / run), "--json", str(report),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        reports.append(json.loads(report.read_text()))
    events = [[(e["kind"], e["told_s"], e["box"]) for e in report["events"]] for report in reports]
    assert events[0] == events[1]
    assert [kind for kind, _, _ in events[0]] == ["waste_dumping"]
    assert all(Path(path).is_file() for path in reports[0]["events"][0]["evidence"])


def test_an_address_that_nobody_serves_says_so_without_its_password() -> None:
    done = fusion("watch", "rtsp://root:hunter2@127.0.0.1:9/x", "--seconds", "3")
    assert done.returncode == 1
    assert "no picture came" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_the_readmes_commands_are_there() -> None:
    for name in ("README.md", "README.zh.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for command in ("script/run", "script/test"):
            assert command in text
            assert (ROOT / command).stat().st_mode & 0o111
        for linked in ("ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "docs/command-room.jpg"):
            assert linked in text
            assert (ROOT / linked).is_file()


def test_a_days_list_is_imported_once_with_its_bad_rows_told_and_the_month_is_reported(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for entry in (ROOT / "configs" / "demo").iterdir():
        (site / entry.name).symlink_to(entry)
    (site / "site.yaml").unlink()
    text = (ROOT / "configs" / "demo" / "site.yaml").read_text(encoding="utf-8")
    (site / "site.yaml").write_text(text.replace("../../var/demo", "../data"), encoding="utf-8")
    at = datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")) - timedelta(minutes=5)
    rows = f"A-1,{at:%Y-%m-%d %H:%M},占道经营,120.0325,29.3321,{{}},路口有摊\n"
    (tmp_path / "day.csv").write_bytes(
        ("工单号,时间,类别,经度,纬度,坐标系,内容\n" + rows.format("wgs84") + rows.format("")).encode("gb18030")
    )
    command = ("import", str(tmp_path / "day.csv"), "--source", "8890", "--site", str(site))
    for counts in ("1 taken, 0 known before, 1 not taken", "0 taken, 1 known before, 1 not taken"):
        done = fusion(*command)
        assert done.returncode == 1
        told, summed = done.stdout.splitlines()
        assert told == "row 3: datum: missing; wanted: one of wgs84, cgcs2000, gcj02, bd09"
        assert summed.endswith(f"2 rows, {counts}")
    done = fusion("report", str(site), "--month", f"{at:%Y-%m}", "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert sorted(file.suffix for file in (tmp_path / "out").iterdir()) == [".json", ".pdf", ".xlsx"]
    assert fusion("report", str(tmp_path)).returncode == 2
