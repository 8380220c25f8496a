"""The package of a case's evidence, taken from the page by those who may."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from fusion.evidence.check import check
from fusion.storage.store import UserRow

from .served import Served, serve

PASSWORD = "a-password-of-my-own"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with ExitStack() as stack:
        found = serve(tmp_path_factory.mktemp("room"), stack)
        found.report()
        yield found


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, trust_env=False, timeout=60) as client:
        client.post("/login", data={"user": "admin", "password": served.password})
        client.post("/password", data={"password": PASSWORD})
        yield client


def test_a_member_takes_the_package_and_it_verifies(served: Served, client: httpx.Client, tmp_path: Path) -> None:
    case = served.store.cases()[0]
    answer = client.get(f"/api/v1/cases/{case.id}/evidence.zip")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert f'filename="evidence-{case.number}.zip"' in answer.headers["content-disposition"]
    (tmp_path / "case.zip").write_bytes(answer.content)
    report = check(tmp_path / "case.zip")
    assert report.intact, report.lines("en")
    history = client.get(f"/api/v1/cases/{case.id}").json()["events"]
    assert [(event["deed"], event["actor"]) for event in history][-1] == ("exported", "user:admin")


def test_a_case_that_is_not_there_has_none(client: httpx.Client) -> None:
    assert client.get("/api/v1/cases/none/evidence.zip").status_code == 404


def test_nobody_takes_it_without_signing_in_or_in_another_role(served: Served, client: httpx.Client) -> None:
    case = served.store.cases()[0]
    address = f"/api/v1/cases/{case.id}/evidence.zip"
    with httpx.Client(base_url=served.url, trust_env=False) as stranger:
        assert stranger.get(address).status_code == 401
    backend = served.room.sessions.backend
    user = backend.user("admin")
    assert user is not None
    backend.put_user(replace(user, role="liaison"))
    try:
        assert client.get(address).status_code == 403
    finally:
        backend.put_user(user)
    assert isinstance(served.store.users()[0], UserRow)
