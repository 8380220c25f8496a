"""Other people's annotations are tracks of labelled boxes over frames: those become events, happenings and zones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fusion.judging.truth import Course, Happening, TrueEvent, Truth
from fusion.types.sighting import Box
from fusion.types.signal import EventKind
from fusion.types.zone import Zone

ZONE_KINDS = frozenset({"no_stall", "no_dumping", "permitted_stall"})
_KINDS = frozenset(map(str, EventKind))


@dataclass(slots=True)
class LabelledTrack:
    """One thing of one label; frames count from the clip's first picture."""

    id: str
    label: str
    boxes: list[tuple[int, Box]] = field(default_factory=list)  #: (frame, box), as they came
    left_frame: int | None = None  #: the first frame from which whoever brought it has gone


def truth_of(
    clip: str, tracks: Sequence[LabelledTrack], zones: tuple[Zone, ...], fps: float, kinds: Mapping[str, str]
) -> Truth:
    """Truth from tracks.

    Args:
        clip: the file's name; empty: the truth file's.
        tracks: with at least one box each.
        zones: where the rules hold; empty: everywhere.
        fps: frames a second of the clip.
        kinds: label → kind of event. A label that is an event's kind is itself; every other label is a happening.
    """
    events, happenings = [], []
    for track in tracks:
        boxes = sorted(track.boxes)
        start_s, end_s = boxes[0][0] / fps, (boxes[-1][0] + 1) / fps
        course = Course(tuple((frame / fps, box) for frame, box in boxes))
        kind = kinds.get(track.label, track.label if track.label in _KINDS else None)
        if kind is None:
            happenings.append(Happening(name=track.label, start_s=start_s, end_s=end_s, course=course))
            continue
        left_s = None if track.left_frame is None else track.left_frame / fps
        events.append(TrueEvent(id=track.id, kind=kind, start_s=start_s, left_s=left_s, end_s=end_s, course=course))
    return Truth(clip=clip, scene="", zones=zones, events=tuple(events), happenings=tuple(happenings))
