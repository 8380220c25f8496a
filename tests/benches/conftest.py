"""Benches run small: what they write is looked at, never how fast they were."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Bench = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Run a bench's command; its JSON."""
    work = tmp_path_factory.mktemp("bench")

    def run(name: str, *options: str) -> dict[str, Any]:
        results, plot = work / f"{name}.json", work / f"{name}.svg"
        command = [sys.executable, "-m", f"bench.{name}", "--json", str(results), "--plot", str(plot)]
        done = subprocess.run(
            [*command, "--work", str(work), *options],
            check=False,
            capture_output=True,
            text=True,
            timeout=110,
            cwd=Path(__file__).parents[2],
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert plot.read_text(encoding="utf-8").startswith("<svg")
        found: dict[str, Any] = json.loads(results.read_text(encoding="utf-8"))
        assert found["machine"]["cores"] > 0
        assert found["command"].startswith(f"python -m bench.{name} ")
        return found

    return run
