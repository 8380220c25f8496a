"""What was learnt, as report.json and as a page: figures with their intervals, what is taken for what, and mistakes."""

import base64
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from jinja2 import Environment, Template

from fusion.teaching.classes import NAMES, RIGHT
from fusion.teaching.examples import Example, read_file
from fusion.teaching.learn import Learnt
from fusion.teaching.measures import Figure
from fusion.types.errors import SiteError

_MISTAKES = 24  #: shown, the surest first


@dataclass(frozen=True, slots=True)
class Mistake:
    """A crop that was taken for something on the other side, by a fit that had not seen it."""

    example: Example
    word: str  #: as people marked it
    taken_for: str
    share: float  #: of what it was taken for


def mistakes_of(learnt: Learnt) -> list[Mistake]:
    """Right ones taken for false and false ones taken for right, the surest first."""
    classes, found = learnt.classifier.classes, []
    for example, word in zip(learnt.examples, learnt.words, strict=True):
        shares = learnt.classifier.held_out[example.sha256]
        best = int(np.argmax(shares))
        if (word in RIGHT) != (classes[best] in RIGHT):
            found.append(Mistake(example, word, classes[best], shares[best]))
    return sorted(found, key=lambda mistake: -mistake.share)


def write_report(folder: Path, learnt: Learnt, name: str, *, used: bool) -> None:
    """Write both files, for the owner alone: the page shows pictures of people.

    Raises:
        SiteError: the folder cannot be written.
    """
    facts = facts_of(learnt, name, used=used)
    page = _page().render(facts=facts, names=NAMES, figures=_figures(learnt), mistakes=_shown(learnt), right=set(RIGHT))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(folder / "report.json", msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")
        _write(folder / "report.html", page.encode())
    except OSError as error:
        raise SiteError(f"--report {folder}: {error.strerror}; wanted: a folder that can be written") from error


def facts_of(learnt: Learnt, name: str, *, used: bool) -> dict[str, Any]:
    """Everything but the pictures."""
    new = learnt.classifier
    return {
        "version": name,
        "in_use": used,
        "made_at": new.made_at.isoformat(),
        "code": new.code,
        "backbone": {"name": new.backbone.name, "sha256": new.backbone.sha256, "tap": new.backbone.tap},
        "data_sha256": new.data_sha256,
        "terminals": len({example.terminal for example in learnt.examples}),
        "groups": len({example.group for example in learnt.examples}),
        "remarks": list(learnt.remarks),
        **new.validation,
    }


def _page() -> Template:
    text = files("fusion.teaching").joinpath("report.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(text)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


def _figures(learnt: Learnt) -> list[tuple[str, str, Figure, Figure]]:
    c = learnt.comparison
    return [
        ("对数损失（越小越好）", "log-loss, less is better", c.log_loss, c.log_loss_before),
        ("平衡准确率", "balanced accuracy", c.balanced_accuracy, c.balanced_accuracy_before),
    ]


def _shown(learnt: Learnt) -> list[dict[str, Any]]:
    return [
        {
            "jpeg": base64.b64encode(read_file(mistake.example.path)).decode(),
            "terminal": mistake.example.terminal,
            "day": str(mistake.example.day),
            "word": mistake.word,
            "taken_for": mistake.taken_for,
            "share": mistake.share,
        }
        for mistake in mistakes_of(learnt)[:_MISTAKES]
    ]
