"""The package of a case's evidence, taken from the page by those who may."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from fusion.evidence.check import check
from fusion.storage.store import UserRow

from .served import Served

PASSWORD = "a-password-of-my-own"


@pytest.fixture(scope="module")
def served(room: Served) -> Served:
    digest = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    for role in ("member", "grid_liaison"):
        room.store.put_user(UserRow(f"e-{role}", digest, role, datetime.now(UTC), must_change=False))
    if not room.store.cases():
        room.report()
    return room


def client_of(served: Served, role: str) -> httpx.Client:
    client = httpx.Client(base_url=served.url, trust_env=False, timeout=60)
    assert client.post("/login", data={"user": f"e-{role}", "password": PASSWORD}).status_code == 303
    return client


def test_a_member_takes_the_package_and_it_verifies(served: Served, tmp_path: Path) -> None:
    case = served.store.cases()[0]
    with closing(client_of(served, "member")) as client:
        answer = client.get(f"/api/v1/cases/{case.id}/evidence.zip")
        history = client.get(f"/api/v1/cases/{case.id}").json()["events"]
        assert client.get("/api/v1/cases/none/evidence.zip").status_code == 404
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert f'filename="evidence-{case.number}.zip"' in answer.headers["content-disposition"]
    (tmp_path / "case.zip").write_bytes(answer.content)
    report = check(tmp_path / "case.zip")
    assert report.intact, report.lines("en")
    assert [(event["deed"], event["actor"]) for event in history][-1] == ("exported", "user:e-member")
    line = served.store.audit.newest(limit=1)[0]
    assert (line.actor, line.deed, line.subject) == ("user:e-member", "exported", f"case:{case.id}")


def test_nobody_takes_it_without_signing_in_or_in_another_role(served: Served) -> None:
    address = f"/api/v1/cases/{served.store.cases()[0].id}/evidence.zip"
    with httpx.Client(base_url=served.url, trust_env=False) as stranger:
        assert stranger.get(address).status_code == 401
    with closing(client_of(served, "grid_liaison")) as liaison:
        assert liaison.get(address).status_code == 403
