"""`fusion evidence`, as a person uses it."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fusion.evidence.keys import KeyFolder

from .world import World

ROOT = Path(__file__).parents[2]


def evidence(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fusion", "evidence", *args],
        capture_output=True, text=True, timeout=110, check=False, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"},
    )  # fmt: skip


@pytest.mark.timeout(300)
def test_a_case_is_given_out_and_verified_with_the_public_key_alone(world: World, tmp_path: Path) -> None:
    case = world.file()
    site = tmp_path / "site"
    site.mkdir()
    for entry in (ROOT / "configs" / "demo").iterdir():
        if entry.name != "site.yaml":
            (site / entry.name).symlink_to(entry.resolve())
    text = (ROOT / "configs/demo/site.yaml").read_text("utf-8").replace("../../var/demo", str(tmp_path))
    (site / "site.yaml").write_text(text, "utf-8")
    out = tmp_path / "case.zip"
    done = evidence("export", case.number, "--site", str(site), "--out", str(out))
    assert done.returncode == 0, done.stderr
    told = evidence("keys", "--site", str(site))
    public = tmp_path / "public.pem"
    public.write_text(told.stdout)
    assert "head 2:" in told.stderr
    done = evidence("verify", str(out), "--key", str(public), "--lang", "zh")
    assert (done.returncode, done.stdout) == (0, "完好：2 个封存，8 个文件，1 个案卷\n")
    done = evidence("verify", str(world.folder), "--key", str(public), "--head", told.stderr.split("head ")[1].strip())
    assert done.returncode == 0, done.stdout
    data = bytearray(out.read_bytes())
    data[2000] ^= 1
    out.write_bytes(data)
    done = evidence("verify", str(out), "--key", str(public))
    assert done.returncode == 1
    assert "has been changed" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("not intact")


def test_another_s_key_and_bad_arguments_are_one_line(world: World, tmp_path: Path) -> None:
    world.custody.seal(world.file().id)
    (tmp_path / "other.pem").write_bytes(KeyFolder(tmp_path / "other").make().public.pem)
    done = evidence("verify", str(world.folder), "--key", str(tmp_path / "other.pem"))
    assert done.returncode == 1
    assert "none of this chain's" in done.stdout
    done = evidence("verify", str(tmp_path / "none.zip"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_the_private_key_is_in_no_package(world: World) -> None:
    case, out = world.file(), io.BytesIO()
    world.exporter.write(case, out, "user:admin")
    key = next(world.keys.glob("*.pem")).read_bytes()
    assert b"PRIVATE KEY" in key
    assert b"PRIVATE KEY" not in out.getvalue()
    assert key.splitlines()[1] not in out.getvalue()
