"""A store of an older version grows with its data."""

from pathlib import Path

import alembic.command
import alembic.config
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from fusion.storage import Store
from fusion.storage.unit import encoded
from fusion.types.case import CaseState
from fusion.types.role import Role

from .things import a_case, an_event, an_incident

_OLD = {"filed": "opened", "handling": "acknowledged", "feedback": "handled"}


def _at_first(url: URL) -> None:
    """An empty store of the first version."""
    config = alembic.config.Config()
    config.set_main_option("script_location", str(Path("fusion/storage/migrations").resolve()))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "first")
    engine.dispose()


def _as_the_first_version_wrote_it(url: URL) -> None:
    """Cases in every state of then, with a history and a user; the bodies as they were."""
    engine = create_engine(url)
    with engine.begin() as db:
        for number, state in enumerate(("filed", "dispatched", "handling", "feedback", "closed", "rejected")):
            case, incident = a_case(number, state=CaseState(state)), an_incident(f"i-{number}", case_id=f"C-{number}")
            old = _OLD.get(state, state)
            body = encoded(case).replace(f'"state":"{state}"', f'"state":"{old}"')
            event = encoded(an_event(case, "opened")).replace(f'"state":"{state}"', f'"state":"{old}"')
            event = event.replace('"note_en":"note"', '"note_en":"he wrote \\"state\\":\\"opened\\""')
            db.execute(
                text("INSERT INTO incidents VALUES (:id, 'street_stall', 120, 29, 0, NULL, :case, NULL, :body)"),
                {"id": incident.id, "case": case.id, "body": encoded(incident)},
            )
            db.execute(
                text("INSERT INTO cases VALUES (:id, :n, :i, 'street_stall', :s, NULL, NULL, :at, NULL, 1, :body)"),
                {"id": case.id, "n": case.number, "i": incident.id, "s": old, "at": number, "body": body},
            )
            db.execute(
                text("INSERT INTO case_events (case_id, at, body) VALUES (:id, 0, :body)"),
                {"id": case.id, "body": event},
            )
        db.execute(text("INSERT INTO users VALUES ('admin', 'x', 'administrator', 0, :no)"), {"no": False})
    engine.dispose()


def test_cases_of_the_first_version_are_read_by_this_one(url: URL) -> None:
    _at_first(url)
    _as_the_first_version_wrote_it(url)
    store = Store(url)
    try:
        assert {case.id: str(case.state) for case in store.cases()} == {
            "C-0": "filed",
            "C-1": "dispatched",
            "C-2": "handling",
            "C-3": "feedback",
            "C-4": "closed",
            "C-5": "rejected",
        }
        assert store.case_counts()[CaseState.HANDLING] == 1
        assert [case.id for case in store.cases(states=[CaseState.FEEDBACK])] == ["C-3"]
        found = store.case("C-0")
        assert found is not None
        (event,) = found[1]
        assert event.state is CaseState.FILED
        assert event.note_en == 'he wrote "state":"opened"'  # what people wrote stays as it was
        (user,) = store.users()
        assert (Role(user.role), user.scope) == (Role.ADMINISTRATOR, "")
        with store.transaction() as unit:
            unit.put_incident(an_incident("i-9"), None)
            unit.put_case(a_case(9))
    finally:
        store.close()
