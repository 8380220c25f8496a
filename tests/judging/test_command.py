import subprocess
import sys
from pathlib import Path

from fusion.cli.sites import demo_zone


def test_the_programs_own_file_can_be_imported_by_the_workers_that_it_starts(tmp_path: Path) -> None:
    clips = [str(demo_zone() / "clips" / f"{name}.sub.mp4") for name in ("chat", "night")]
    program = str(Path(sys.prefix) / "bin" / "fusion")
    command = [program, "judge", *clips, "--truth", str(demo_zone() / "clips"), "--rate", "keyframes", "--jobs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "2 clips" in done.stdout
