"""The register of kinds: a function that writes a scene, what it may be played in, and how it is told."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scenes.scripts.script import Script
from scenes.scripts.stage import Stage
from scenes.setting import Allowed, drawn

Writer = Callable[[Stage], None]


@dataclass(frozen=True)
class Kind:
    """One kind of scene."""

    name: str
    about: str
    family: str  #: stall, dumping, negative
    hard: bool
    duration_s: float
    allowed: Allowed
    write: Writer

    def script(self, seed: int) -> Script:
        """The scene of a seed: the same seed gives the same script."""
        rng = np.random.default_rng([seed, zlib.crc32(self.name.encode())])
        stage = Stage(self.name, seed, drawn(rng, self.allowed), rng, self.duration_s)
        self.write(stage)
        return stage.script(hard=self.hard)


KINDS: dict[str, Kind] = {}


def kind(family: str, allowed: Allowed, *, hard: bool = False, duration_s: float = 50.0) -> Callable[[Writer], Writer]:
    """Register a function under its own name; its docstring says what happens."""

    def register(write: Writer) -> Writer:
        name = write.__name__
        KINDS[name] = Kind(name, (write.__doc__ or "").strip(), family, hard, duration_s, allowed, write)
        return write

    return register
