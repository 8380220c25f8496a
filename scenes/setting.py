"""Where and when a scene plays, and what its camera suffers from: drawn by lot within what its kind allows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

import numpy as np

from scenes import lighting
from scenes.camera import CAMERAS, Camera
from scenes.lighting import Light
from scenes.streets import STREETS, Street

Sky = tuple[str, str]  #: light, weather

CHINA = timezone(timedelta(hours=8))
DAYLIGHT: tuple[Sky, ...] = (
    ("sun", "dry"), ("sun", "dry"), ("cloud", "dry"), ("cloud", "wet"), ("cloud", "fog"), ("cloud", "rain"),
)  # fmt: skip
DARKNESS: tuple[Sky, ...] = (
    ("lamps", "dry"), ("lamps", "dry"), ("lamps", "wet"), ("lamps", "rain"), ("infrared", "dry"), ("infrared", "dry"),
)  # fmt: skip
ANY_SKY: tuple[Sky, ...] = (*DAYLIGHT, *DAYLIGHT, ("dusk", "dry"), ("dusk", "wet"), *DARKNESS[:4], DARKNESS[4])
CLEAR: tuple[Sky, ...] = (("sun", "dry"), ("sun", "dry"), ("cloud", "dry"), ("cloud", "wet"))

_FAULTS = ("none", "shake", "dirt", "insects", "compression")
_FAULT_ODDS = (0.48, 0.13, 0.13, 0.11, 0.15)
_CRF = {"h264": 31, "h265": 32}
_BAD_CRF = {"h264": 39, "h265": 40}
_HOURS = {
    "sun": (8.5, 16.5),
    "cloud": (8.0, 17.3),
    "dusk": (18.6, 19.0),
    "lamps": (19.8, 23.0),
    "infrared": (22.5, 28.5),
}
BRIGHT_CAMERAS = ("close", "near", "high", "mast", "across", "pole")
SMALL_CAMERAS = ("wide", "far", "roof")


@dataclass(frozen=True)
class Allowed:
    """What a kind may be played in."""

    skies: Sequence[Sky] = ANY_SKY
    cameras: Sequence[str] = (*BRIGHT_CAMERAS, *BRIGHT_CAMERAS, *SMALL_CAMERAS)
    streets: Sequence[str] = tuple(STREETS)
    faults: Sequence[str] = _FAULTS
    hours: tuple[float, float] | None = None  #: of the day, local; None as the light has it


@dataclass(frozen=True)
class Setting:
    """One street, seen by one camera, on one day."""

    street: Street
    street_seed: int
    camera_name: str
    camera: Camera
    sky: Sky
    base: Light
    fault: str
    codec: str
    crf: int
    clock: bool  #: the time is burnt into the picture
    mirrored: bool  #: the picture and the world are exchanged left for right
    starts_at: datetime
    noise_seed: int

    @property
    def rain(self) -> float:
        """How hard it rains, 0-1."""
        return 0.9 if self.sky[1] == "rain" else 0.0


def drawn(rng: np.random.Generator, allowed: Allowed) -> Setting:
    """A setting by lot."""
    street = STREETS[_one(rng, allowed.streets)]
    camera_name = _one(rng, allowed.cameras)
    sky = allowed.skies[int(rng.integers(len(allowed.skies)))]
    camera = CAMERAS[camera_name].hung(rng)
    odds = np.array([_FAULT_ODDS[_FAULTS.index(fault)] for fault in allowed.faults])
    fault = str(rng.choice(allowed.faults, p=odds / odds.sum()))
    if fault == "dirt" and sky[1] == "fog":
        fault = "none"  # nobody could see anything
    codec = "h265" if rng.random() < 0.4 else "h264"
    return Setting(
        street=street,
        street_seed=int(rng.integers(1000)),
        camera_name=camera_name,
        camera=camera,
        sky=sky,
        base=_light(rng, sky, camera),
        fault=fault,
        codec=codec,
        crf=(_BAD_CRF if fault == "compression" else _CRF)[codec],
        clock=bool(rng.random() < 0.6),
        mirrored=bool(rng.random() < 0.5),
        starts_at=_moment(rng, allowed.hours or _HOURS[sky[0]]),
        noise_seed=int(rng.integers(1 << 30)),
    )


def _one(rng: np.random.Generator, names: Sequence[str]) -> str:
    return names[int(rng.integers(len(names)))]


def _light(rng: np.random.Generator, sky: Sky, camera: Camera) -> Light:
    name, weather = sky
    light = {
        "sun": lambda: lighting.sunny(rng),
        "cloud": lambda: {"rain": lighting.RAIN, "fog": lighting.FOG}.get(weather, lighting.CLOUDY),
        "dusk": lambda: lighting.DUSK,
        "lamps": lambda: lighting.NIGHT,
        "infrared": lambda: lighting.infrared(camera.eye, camera.target),
    }[name]()
    light = replace(light, exposure=round(light.exposure * float(rng.uniform(0.9, 1.1)), 3))
    return replace(light, wet=max(light.wet, 0.9)) if weather in {"wet", "rain"} else light


def _moment(rng: np.random.Generator, hours: tuple[float, float]) -> datetime:
    day = datetime(2026, 5, 4, tzinfo=CHINA) + timedelta(days=int(rng.integers(0, 40)))
    return day + timedelta(seconds=int(3600 * rng.uniform(*hours)))
