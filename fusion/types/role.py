"""Who does something to a case."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is in the zone; the four levels of users, the workers, and fusion itself."""

    ADMINISTRATOR = "administrator"  #: network administrator 网络管理员
    MEMBER = "member"  #: command-room member 综合指挥室成员
    PLATFORM_LIAISON = "platform_liaison"  #: 各平台联络员, for the platforms of `Doer.scope`
    GRID_LIAISON = "grid_liaison"  #: 各网格联络员, for the grids of `Doer.scope`
    WORKER = "worker"  #: grid worker 网格员, for the cases that he or she was told of
    SYSTEM = "system"  #: fusion


#: Those who look after the whole zone.
ROOM = frozenset({Role.ADMINISTRATOR, Role.MEMBER})
#: Those who may sign in to the command room.
USERS = ROOM | {Role.PLATFORM_LIAISON, Role.GRID_LIAISON}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Somebody who acts."""

    name: str  #: as it stands in histories: "fusion", "worker:W-012", "user:admin"
    role: Role
    scope: tuple[str, ...] = ()  #: a liaison's platforms or grids, a worker's own id


FUSION = Doer(name="fusion", role=Role.SYSTEM)


def worker(worker_id: str) -> Doer:
    """A grid worker as somebody who acts."""
    return Doer(name=f"worker:{worker_id}", role=Role.WORKER, scope=(worker_id,))
