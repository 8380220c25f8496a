"""Poses as rotations of bones: walking, standing, bending, pushing, carrying, sitting, squatting, cycling."""

from collections.abc import Callable

import numpy as np

from scenes.meshes import Floats

Pose = dict[str, Floats]
Arms = Callable[[], Pose]


def rotation(axis: str, degrees: float) -> Floats:
    """Right-handed rotation matrix about x, y or z."""
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    matrices = {
        "x": [[1, 0, 0], [0, c, -s], [0, s, c]],
        "y": [[c, 0, s], [0, 1, 0], [-s, 0, c]],
        "z": [[c, -s, 0], [s, c, 0], [0, 0, 1]],
    }
    return np.array(matrices[axis])


def _arms(down: float, forward: tuple[float, float], bend: tuple[float, float]) -> Pose:
    """Degrees: lowered from the horizontal, swung forward (left, right), elbow bent (left, right)."""
    pose: Pose = {}
    for index, (side, sign) in enumerate((("l", 1), ("r", -1))):
        lowered = rotation("y", sign * down)
        pose[f"upperarm_{side}"] = rotation("x", -forward[index]) @ lowered
        # The elbow bends in the plane of walking, also after the arm was lowered.
        pose[f"lowerarm_{side}"] = lowered.T @ rotation("x", -bend[index]) @ lowered
    return pose


def pushing() -> Pose:
    """Arms at a handle, leaning forward."""
    return _arms(40, (55, 55), (25, 25)) | {"spine_01": rotation("x", 10)}


def carrying() -> Pose:
    """Arms around a load before the belly."""
    return _arms(42, (25, 25), (70, 70)) | {"spine_01": rotation("x", -5)}


def holding_umbrella() -> Pose:
    """The right hand before the chest."""
    return _arms(44, (6, 22), (18, 110))


def walking(phase: float, arms: Arms | None = None) -> Pose:
    """A stride; phase in radians, 2 pi for two steps. `arms` do something else than swing."""
    pose: Pose = {}
    for side, turn in (("l", phase), ("r", phase + np.pi)):
        pose[f"thigh_{side}"] = rotation("x", -26 * np.sin(turn))
        pose[f"calf_{side}"] = rotation("x", 8 + 50 * max(0.0, float(np.cos(turn))) ** 1.5)
        pose[f"foot_{side}"] = rotation("x", -8 * np.sin(turn))
    pose["spine_02"], pose["pelvis"] = rotation("z", 5 * np.sin(phase)), rotation("z", -5 * np.sin(phase))
    if arms is not None:
        return pose | arms()
    swing = 24 * np.sin(phase)
    return pose | _arms(44, (-swing, swing), (18 + 8 * np.sin(phase + np.pi), 18 + 8 * np.sin(phase)))


def standing(time_s: float, seed: int, gesture: float = 0.0) -> Pose:
    """Small movements of somebody who stands; `gesture` 0-1 lifts an arm, as one does who talks or sells."""
    a, b = np.random.default_rng(seed).uniform(0, 6, 2)
    pose = _arms(45, (4 + 3 * np.sin(time_s + a) + gesture * 35, 2), (20 + gesture * 55, 18))
    pose["spine_01"] = rotation("y", 1.5 * np.sin(0.6 * time_s + a))
    pose["head"] = rotation("z", 18 * np.sin(0.4 * time_s + b))
    return pose


def bending(depth: float) -> Pose:
    """Down to the ground and up again as depth goes 0, 1, 0."""
    pose = _arms(44, (60 * depth, 60 * depth), (10, 10))
    pose |= {name: rotation("x", angle * depth) for name, angle in (("spine_01", 35), ("spine_02", 20), ("pelvis", 15))}
    for side in "lr":
        pose[f"thigh_{side}"], pose[f"calf_{side}"] = rotation("x", -45 * depth), rotation("x", 45 * depth)
    return pose


def riding() -> Pose:
    """Seated with the hands at a bar."""
    pose = _arms(42, (48, 48), (22, 22)) | {"spine_01": rotation("x", 8)}
    for side in "lr":
        pose[f"thigh_{side}"], pose[f"calf_{side}"] = rotation("x", -80), rotation("x", 75)
    return pose


def sitting(time_s: float, seed: int) -> Pose:
    """On a stool, the hands on the knees, the head turning."""
    pose = _arms(44, (30, 30), (40, 40)) | {"spine_01": rotation("x", 8 + 3 * np.sin(0.3 * time_s + seed))}
    pose["head"] = rotation("z", 20 * np.sin(0.5 * time_s + seed))
    for side in "lr":
        pose[f"thigh_{side}"], pose[f"calf_{side}"] = rotation("x", -82), rotation("x", 80)
    return pose


def squatting(time_s: float, seed: int) -> Pose:
    """On the heels; now and then an arm is stretched out over the goods."""
    reach = max(0.0, float(np.sin(0.8 * time_s + seed)))
    pose = _arms(44, (50, 45 + 20 * reach), (40, 40 - 30 * reach)) | {"spine_01": rotation("x", 28)}
    for side in "lr":
        pose[f"thigh_{side}"], pose[f"calf_{side}"] = rotation("x", -112), rotation("x", 128)
        pose[f"foot_{side}"] = rotation("x", -16)
    return pose


def cycling(phase: float) -> Pose:
    """On a bicycle; phase in radians, 2 pi for one turn of the pedals."""
    pose = _arms(42, (52, 52), (14, 14)) | {"spine_01": rotation("x", 16)}
    for side, turn in (("l", phase), ("r", phase + np.pi)):
        pose[f"thigh_{side}"] = rotation("x", -52 - 22 * np.sin(turn))
        pose[f"calf_{side}"] = rotation("x", 58 + 24 * np.sin(turn + 0.6))
    return pose
