"""The command room's backend: reads from the store, deeds through the engine, pictures from the looker."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from fusion.command_room.backend import Learning, LookingState, PeerState, User, ZoneMap
from fusion.handlers.engine import Engine
from fusion.handlers.learning import Learner
from fusion.handlers.roster import Roster
from fusion.incidents import lifecycle
from fusion.storage import Store
from fusion.storage.store import UserRow
from fusion.types.case import Case, CaseEvent, CaseState, Deed, Trace, WorkerStatus
from fusion.types.deed import Allowed, Given
from fusion.types.errors import PeerFault
from fusion.types.role import Doer
from fusion.types.terminal import Health, TerminalStatus

_NOTHING = Given()


class RoomBackend:
    """Implements `fusion.command_room.backend.Backend`.

    While the store is away, the lists show what was known before; that it is away is said by `peers`.
    """

    def __init__(
        self,
        zone: ZoneMap,
        store: Store,
        engine: Engine,
        roster: Roster,
        evidence: Path,
        *,
        statuses: Callable[[], Sequence[TerminalStatus]],
        still: Callable[[str], bytes | None],
        peers: Callable[[], Sequence[PeerState]],
        metrics: Callable[[], bytes],
        looking: Callable[[], LookingState] = LookingState,
        learner: Learner | None = None,
        export: Callable[[Case, BinaryIO, str], None] | None = None,
    ) -> None:
        self._zone, self._store, self._engine, self._roster = zone, store, engine, roster
        self._evidence = evidence.resolve()
        self._statuses, self._still, self._peers = statuses, still, peers
        self._metrics, self._looking, self._export, self._learner = metrics, looking, export, learner
        self._started = datetime.now(UTC)
        self._known_cases: Sequence[Case] = ()
        self._known_counts: dict[CaseState, int] = {}
        self._known_workers: Sequence[WorkerStatus] = ()
        self._known_users: Sequence[User] = ()

    def zone(self) -> ZoneMap:
        """The zone as configured."""
        return self._zone

    def use_zone(self, zone: ZoneMap) -> None:
        """The register has changed: pages that show the old one load themselves again."""
        self._zone = zone

    def terminals(self) -> Sequence[TerminalStatus]:
        """Every terminal, in the register's order."""
        known = {status.terminal_id: status for status in self._statuses()}
        return [
            known.get(t.id) or TerminalStatus(terminal_id=t.id, health=Health.REGISTERED, since=self._started)
            for t in self._zone.terminals
        ]

    def workers(self) -> Sequence[WorkerStatus]:
        """The roster now."""
        try:
            self._known_workers = self._roster.statuses(datetime.now(UTC))
        except PeerFault:
            return self._known_workers
        return self._known_workers

    def cases(
        self, *, states: Sequence[CaseState] = (), kind: str | None = None, limit: int = 100, offset: int = 0
    ) -> Sequence[Case]:
        """Cases, newest first."""
        try:
            found = self._store.cases(states=states, kind=kind, limit=limit, offset=offset)
        except PeerFault:
            return [c for c in self._known_cases if (not states or c.state in states) and kind in {None, c.kind}]
        if not states and kind is None and offset == 0:
            self._known_cases = found
        return found

    def case_counts(self) -> dict[CaseState, int]:
        """Cases in each state."""
        try:
            self._known_counts = self._store.case_counts()
        except PeerFault:
            return self._known_counts
        return self._known_counts

    def case(self, case_id: str) -> tuple[Case, Sequence[CaseEvent]] | None:
        """One case with its history."""
        try:
            return self._store.case(case_id)
        except PeerFault:
            known = next((case for case in self._known_cases if case.id == case_id), None)
            return (known, ()) if known else None

    def allowed(self, case: Case, by: Doer) -> Sequence[Allowed]:
        """What somebody may do to a case now."""
        return lifecycle.allowed(case, by)

    def traces(self, case_id: str) -> Sequence[Trace]:
        """Who told of the case's thing."""
        return [trace for incident in self._store.incidents_of(case_id) for trace in incident.traces]

    def act(self, case_id: str, deed: Deed, *, by: Doer, given: Given = _NOTHING, version: int | None = None) -> Case:
        """Do a deed."""
        return self._engine.deed(case_id, deed, by=by, given=given, version=version)

    def evidence_file(self, evidence_id: str) -> Path | None:
        """The file of an id; what would lie outside the evidence folder is not there."""
        relative = self._store.evidence_path(evidence_id)
        if relative is None:
            return None
        path = (self._evidence / relative).resolve()
        return path if path.is_relative_to(self._evidence) and path.is_file() else None

    def evidence_zip(self, case_id: str, *, actor: str) -> BinaryIO | None:
        """The package of a case's evidence."""
        found = self._store.case(case_id)
        if found is None or self._export is None:
            return None
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        try:
            self._export(found[0], file, actor)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file

    def still(self, terminal_id: str) -> bytes | None:
        """The newest picture as JPEG."""
        return self._still(terminal_id)

    def metrics(self) -> bytes:
        """Everything measured, in Prometheus's text format."""
        return self._metrics()

    def peers(self) -> Sequence[PeerState]:
        """Bus, broker and store, and the notifiers beside MQTT."""
        return self._peers()

    def looking(self) -> LookingState:
        """How looking keeps up with the terminals."""
        return self._looking()

    def learning(self, terminal_id: str | None = None) -> Learning:
        """What people's marks say; nothing while the store is away."""
        try:
            return self._learner.of(terminal_id) if self._learner is not None else Learning()
        except PeerFault:
            return Learning()

    def subscribe(self, changed: Callable[[str], None]) -> Callable[[], None]:
        """Tell of changed cases."""
        return self._engine.subscribe(lambda case: changed(case.id))

    def user(self, name: str) -> User | None:
        """A user by name."""
        return next((user for user in self.users() if user.name == name), None)

    def users(self) -> Sequence[User]:
        """All users; those known before while the store is away."""
        try:
            self._known_users = [_user(row) for row in self._store.users()]
        except PeerFault:
            return self._known_users
        return self._known_users

    def put_user(self, user: User) -> None:
        """Add or replace a user."""
        scope = ",".join(user.scope)
        self._store.put_user(
            UserRow(user.name, user.password_hash, user.role, user.created_at, user.must_change, scope)
        )


def _user(row: UserRow) -> User:
    return User(**{**row._asdict(), "scope": tuple(part for part in row.scope.split(",") if part)})
