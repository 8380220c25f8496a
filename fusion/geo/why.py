"""Why this worker, as a sentence in Chinese and English and as the numbers in it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from fusion.types.signal import Reason


class Nearness(IntEnum):
    """Whose grid it is; the lower goes first, whatever the distance."""

    OWN_SMALL_GRID = 0
    OWN_GRID = 1
    OTHER_GRID = 2


_LAST = {
    "decline": ("，上次拒单", ", declined the last one"),
    "silent": ("，上次未应答", ", did not answer the last one"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one available worker stands to one place."""

    worker_id: str
    name: str
    grid_ids: tuple[str, ...]
    nearness: Nearness
    distance_m: float
    position_age: timedelta
    open_cases: int
    skilled: bool
    may_err_m: float = 0.0  #: how far from the last position the worker may be by now
    last_answer: str = ""  #: of late: "accept", "decline", "handled" or "silent"


def reason_for(chosen: Standing, grid_id: str | None, small_grid_id: str | None, available: int) -> Reason:
    """The sentence for the worker who was chosen among `available` ones."""
    age_s = max(0.0, chosen.position_age.total_seconds())
    grid_zh, grid_en = _grid(chosen, grid_id, small_grid_id)
    cases_zh = f"手上 {chosen.open_cases} 件案件" if chosen.open_cases else "手上无案件"
    cases_en = {0: "no open case", 1: "1 open case"}.get(chosen.open_cases, f"{chosen.open_cases} open cases")
    skill_zh, skill_en = ("", "") if chosen.skilled else ("，未受过此类事件培训", ", not trained for this kind")
    last_zh, last_en = _LAST.get(chosen.last_answer, ("", ""))
    away_zh, away_en = f"距现场 {chosen.distance_m:.0f} 米", f"{chosen.distance_m:.0f} m away"
    return Reason(
        zh=f"{chosen.name}：{grid_zh}，{away_zh}，位置 {_age_zh(age_s)}前更新，{cases_zh}{skill_zh}{last_zh}",
        en=f"{chosen.name}: {grid_en}, {away_en}, position {_age_en(age_s)} old, {cases_en}{skill_en}{last_en}",
        data={
            "worker_id": chosen.worker_id,
            "nearness": chosen.nearness.name.lower(),
            "grid_id": grid_id or "",
            "small_grid_id": small_grid_id or "",
            "distance_m": round(chosen.distance_m, 1),
            "position_age_s": round(age_s, 1),
            "open_cases": float(chosen.open_cases),
            "skilled": float(chosen.skilled),
            "may_err_m": round(chosen.may_err_m, 1),
            "last_answer": chosen.last_answer,
            "available": float(available),
        },
    )


def leader_reason(worker_id: str, name: str, grid_id: str) -> Reason:
    """Why the leader of a grid is told."""
    return Reason(
        zh=f"{name}：网格({grid_id})长，附近无网格员可派或应答",
        en=f"{name}: leader of grid {grid_id}; no worker near it is free or answered",
        data={"worker_id": worker_id, "nearness": "leader", "grid_id": grid_id},
    )


def named_reason(worker_id: str, name: str) -> Reason:
    """Why a worker is told whom a person chose."""
    return Reason(
        zh=f"{name}：由指挥人员指定",
        en=f"{name}: chosen by a person",
        data={"worker_id": worker_id, "nearness": "named"},
    )


def _grid(chosen: Standing, grid_id: str | None, small_grid_id: str | None) -> tuple[str, str]:
    if chosen.nearness is Nearness.OWN_SMALL_GRID:
        return f"本小网格({small_grid_id})在岗", f"on duty in the own small grid {small_grid_id}"
    if chosen.nearness is Nearness.OWN_GRID:
        return f"本网格({grid_id})在岗", f"on duty in the own grid {grid_id}"
    own_zh, own_en = ("、".join(chosen.grid_ids) or "无网格", ", ".join(chosen.grid_ids) or "no grid")
    if grid_id is None:
        return f"现场不在任何网格内，由 {own_zh} 就近支援", f"the place lies in no grid, helped out from {own_en}"
    return (
        f"本网格({grid_id})无人可派，由 {own_zh} 就近支援",
        f"nobody of the own grid {grid_id} is available, helped out from {own_en}",
    )


def _age_zh(age_s: float) -> str:
    return f"{age_s:.0f} 秒" if age_s < 100 else f"{age_s / 60:.0f} 分钟"


def _age_en(age_s: float) -> str:
    return f"{age_s:.0f} s" if age_s < 100 else f"{age_s / 60:.0f} min"
