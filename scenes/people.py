"""What people look like: drawn by lot, without any mesh."""

from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Looks:
    """One person's body and clothes; the same looks are the same person."""

    sex: str = "male"  #: male, female
    age: str = "young"  #: young, old
    weight: str = "averageweight"  #: minweight, averageweight, maxweight
    shirt: Colour = (0.6, 0.1, 0.1)
    trousers: Colour = (0.05, 0.06, 0.1)
    skin: Colour = (0.36, 0.2, 0.12)
    hair: Colour = (0.015, 0.012, 0.01)  #: or a cap's colour
    shoes: Colour = (0.05, 0.04, 0.03)
    sleeves: bool = True
    skirt: bool = False
    size: float = 1.0  #: of the average of the sex
    seed: int = 0  #: of the shade of each face


_SKINS: tuple[Colour, ...] = ((0.36, 0.2, 0.12), (0.42, 0.25, 0.16), (0.3, 0.16, 0.09))
_HAIR: tuple[Colour, ...] = (
    (0.015, 0.012, 0.01), (0.03, 0.02, 0.015), (0.2, 0.2, 0.2), (0.6, 0.5, 0.3), (0.45, 0.03, 0.03), (0.04, 0.08, 0.25),
)  # fmt: skip
_HAIR_ODDS = (0.5, 0.2, 0.1, 0.1, 0.05, 0.05)
_TROUSERS: tuple[Colour, ...] = (
    (0.03, 0.035, 0.06), (0.28, 0.22, 0.14), (0.05, 0.06, 0.1), (0.02, 0.02, 0.02), (0.1, 0.1, 0.11), (0.3, 0.3, 0.32),
)  # fmt: skip
_SHIRTS: tuple[Colour, ...] = (
    (0.6, 0.58, 0.52), (0.5, 0.04, 0.1), (0.05, 0.15, 0.45), (0.5, 0.38, 0.05), (0.04, 0.25, 0.12),
    (0.2, 0.05, 0.06), (0.45, 0.15, 0.03), (0.25, 0.1, 0.3), (0.6, 0.6, 0.62), (0.1, 0.3, 0.4),
    (0.16, 0.16, 0.18), (0.5, 0.3, 0.32), (0.12, 0.1, 0.05), (0.35, 0.5, 0.55), (0.03, 0.03, 0.035), (0.35, 0.33, 0.3),
)  # fmt: skip


def somebody(rng: np.random.Generator, *, dark: bool = False) -> Looks:
    """Anybody; `dark` wears dark clothes from head to foot."""
    sex = ("male", "female")[int(rng.integers(2))]
    shirt = (0.025, 0.025, 0.03) if dark else _SHIRTS[int(rng.integers(len(_SHIRTS)))]
    return Looks(
        sex=sex,
        age="old" if rng.random() < 0.2 else "young",
        weight=("minweight", "averageweight", "averageweight", "maxweight")[int(rng.integers(4))],
        shirt=shirt,
        trousers=(0.02, 0.02, 0.025) if dark else _TROUSERS[int(rng.integers(len(_TROUSERS)))],
        skin=_SKINS[int(rng.integers(len(_SKINS)))],
        hair=_HAIR[int(rng.choice(len(_HAIR), p=_HAIR_ODDS))],
        sleeves=bool(rng.random() < 0.5),
        skirt=sex == "female" and bool(rng.random() < 0.4),
        size=round(float(rng.uniform(0.94, 1.05)), 3),
        seed=int(rng.integers(10_000)),
    )
