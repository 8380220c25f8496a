"""What each of the four levels of users may see and do beside cases; a role that is not named here may nothing."""

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """One thing that not everybody may."""

    REPORT = "report"  #: hand in and read reports
    PERSONAL = "personal"  #: see whose a stall is
    REGISTER = "register"  #: change the register of stalls
    ASSESS = "assess"  #: figures and their files
    EVIDENCE = "evidence"  #: take a case's evidence out
    AUDIT = "audit"  #: who saw personal data


_ROLES: Final[dict[str, frozenset[Right]]] = {
    "administrator": frozenset(Right),
    "member": frozenset({Right.REPORT, Right.PERSONAL, Right.REGISTER, Right.ASSESS, Right.EVIDENCE}),
    "platform_liaison": frozenset({Right.REPORT, Right.PERSONAL, Right.ASSESS}),
    "grid_liaison": frozenset({Right.REPORT}),
}


def may(role: str | None, right: Right) -> bool:
    """Whether somebody of this role may."""
    return right in _ROLES.get(role or "", frozenset())
