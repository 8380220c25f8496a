"""A zone of terminals out of some clips: `/t/0001/sub` and on, their phases spread by chance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from pydantic import SecretStr

from fusion.fleet.auth import Login
from fusion.fleet.config import StreamConfig
from fusion.types.errors import SiteError

_LONGEST_PHASE_S = 3600.0  # of any clip: it is taken modulo the clip's length
_SUFFIXES = {".mp4", ".m4v", ".mov", ".mkv", ".ts", ".avi", ".flv"}


@dataclass(frozen=True, slots=True)
class Scene:
    """What one camera films: its sub-stream, and its main stream where there is one."""

    sub: Path
    main: Path | None = None


def find_scenes(sources: Iterable[Path]) -> tuple[Scene, ...]:
    """The clips of files and folders. `NAME.sub.mp4` and `NAME.main.mp4` are two streams of one camera.

    SiteError for a source that is missing or a folder without clips.
    """
    clips: dict[Path, None] = {}
    for source in sources:
        found = sorted(p for p in source.iterdir() if p.suffix.lower() in _SUFFIXES) if source.is_dir() else [source]
        if not found or not found[0].is_file():
            raise SiteError(f"clips {source}: none there; wanted: a clip, or a folder of them ({', '.join(_SUFFIXES)})")
        clips |= dict.fromkeys(found)
    mains = {path: path.with_name(path.name.replace(".main.", ".sub.")) for path in clips if ".main." in path.name}
    of_sub = {sub: main for main, sub in mains.items() if sub in clips}
    return tuple(Scene(clip, of_sub.get(clip)) for clip in clips if clip not in of_sub.values())


def spread(scenes: Sequence[Scene], count: int, *, login: Login | None = None, seed: int = 0) -> list[StreamConfig]:
    """Streams of `count` terminals, which show the scenes in turn; the same seed spreads them in the same way.

    Both streams of a terminal are at the same place of their clips.
    """
    random, digits = Random(seed), max(4, len(str(count)))  # noqa: S311 - drawn again the same
    given: dict[str, Any] = {}
    if login is not None:
        given = {"user": login.user, "password": SecretStr(login.password), "auth": login.scheme}
    streams = []
    for number in range(1, count + 1):
        scene, phase_s = scenes[(number - 1) % len(scenes)], random.uniform(0, _LONGEST_PHASE_S)
        for which, clip in (("sub", scene.sub), ("main", scene.main)):
            if clip is not None:
                path = f"/t/{number:0{digits}d}/{which}"
                streams.append(StreamConfig(path=path, clip=clip.resolve(), phase_s=phase_s, **given))
    return streams
