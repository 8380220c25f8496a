"""What is known of a terminal's place, as bytes, so that a restart does not take a heap for the ground.

One NumPy archive without pickles: the background's layers in whole grey levels, the residues with their masks and
pictures, and one JSON text with everything else. Tracks are not kept: who was there has walked on.
"""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.tracking.background import Background
from fusion.tracking.follower import Follower, Remembered
from fusion.tracking.kept import Kept
from fusion.tracking.tracks import Followed
from fusion.types.errors import SiteError

_FORMAT = 1
_OLDEST = timedelta(hours=12)  #: by then the light, and what may stand there, is another
_LARGEST_BYTES = 64 * 1024 * 1024
_SCALARS = ("id", "rect", "made_s", "first_s", "still_s", "last_s", "attended_s", "weighed", "shadow_share", "said")

Arrays = dict[str, NDArray[Any]]


def pack(follower: Follower) -> bytes | None:
    """The follower's memory; None before its first picture."""
    state = follower.memory()
    if state is None:
        return None
    arrays: Arrays = state.background.layers()
    residues = []
    for number, kept in enumerate(state.residues):
        arrays |= {f"mask{number}": np.packbits(kept.mask), f"picture{number}": kept.picture}
        residues.append({key: getattr(kept, key) for key in _SCALARS} | {"bringer": _bringer(kept.bringer)})
    facts = {
        "format": _FORMAT,
        "zero": state.zero.isoformat(),
        "last_at": state.last_at.isoformat(),
        "made": state.made,
        "picture_px": state.picture_px,
        "size_px": state.size_px,
        "unjudged": follower.unjudged,
        "background": state.background.scalars(),
        "residues": residues,
    }
    arrays["facts"] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def unpack(data: bytes, follower: Follower, now: datetime) -> bool:
    """Give a fresh follower its memory back; False where it is too old (`now` is aware).

    What was learnt under other masks is not taken up either: it shows, and holds, what they cover.

    Raises:
        SiteError: the bytes are no memory of a follower.
    """
    if len(data) > _LARGEST_BYTES:
        raise SiteError(f"memory: {len(data)} bytes; wanted {_LARGEST_BYTES} at most")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        facts = json.loads(arrays["facts"].tobytes())
        state = _state(facts, arrays)
        unjudged = tuple(tuple((float(x), float(y)) for x, y in area) for area in facts.get("unjudged", ()))
    except (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise SiteError(f"memory: not what was written: {type(error).__name__}") from error
    if not timedelta(0) <= now - state.last_at <= _OLDEST or unjudged != follower.unjudged:
        return False
    follower.remember(state)
    return True


def _state(facts: Mapping[str, Any], arrays: Arrays) -> Remembered:
    if facts["format"] != _FORMAT:
        raise ValueError("another format")
    width, height = (int(side) for side in facts["size_px"])
    residues = tuple(
        _kept(entry, arrays[f"mask{number}"], arrays[f"picture{number}"], (width, height))
        for number, entry in enumerate(facts["residues"])
    )
    made_residues, made_tracks = (int(count) for count in facts["made"])
    picture_width, picture_height = (int(side) for side in facts["picture_px"])
    return Remembered(
        zero=datetime.fromisoformat(facts["zero"]),
        last_at=datetime.fromisoformat(facts["last_at"]),
        made=(made_residues, made_tracks),
        picture_px=(picture_width, picture_height),
        size_px=(width, height),
        background=Background.of(arrays, facts["background"], (width, height)),
        residues=residues,
    )


def _kept(entry: Mapping[str, Any], mask: NDArray[Any], picture: NDArray[Any], size_px: tuple[int, int]) -> Kept:
    left, top, right, bottom = (int(value) for value in entry["rect"])
    if not (0 <= left < right <= size_px[0] and 0 <= top < bottom <= size_px[1]):
        raise ValueError("a residue outside the picture")
    shape = bottom - top, right - left
    if picture.shape != shape or picture.dtype != np.uint8:
        raise ValueError("a residue's picture of another size")
    total, count = entry["weighed"]
    return Kept(
        str(entry["id"]),
        (left, top, right, bottom),
        np.unpackbits(mask, count=shape[0] * shape[1]).reshape(shape).astype(bool),
        picture,
        made_s=float(entry["made_s"]),
        first_s=float(entry["first_s"]),
        still_s=float(entry["still_s"]),
        last_s=float(entry["last_s"]),
        attended_s=float(entry["attended_s"]),
        weighed=(float(total), int(count)),
        shadow_share=float(entry["shadow_share"]),
        said={str(name): float(times) for name, times in entry["said"].items()},
        bringer=_followed(entry["bringer"]),
    )


def _bringer(track: Followed | None) -> dict[str, Any] | None:
    if track is None:
        return None
    path = [(time_s, [round(float(value), 1) for value in rect]) for time_s, rect in track.path]
    return {"id": track.id, "group": track.group, "names": track.names, "first_s": track.first_s, "path": path}


def _followed(entry: Mapping[str, Any] | None) -> Followed | None:
    """Who brought a thing, as somebody who has left."""
    if entry is None:
        return None
    path = [(float(time_s), np.array(rect, np.float32).reshape(4)) for time_s, rect in entry["path"]]
    last_s, rect = path[-1]
    track = Followed(
        str(entry["id"]),
        str(entry["group"]),
        rect,
        0.0,
        float(entry["first_s"]),
        last_s,
        np.zeros((3, 8, 4), np.float32),
    )
    track.names = {str(name): float(score) for name, score in entry["names"].items()}
    track.path.extend(path)
    track.alive = track.gone = True
    return track
