"""Reports, stalls and figures as users of each role have them: the served page in a real browser, and the API."""

import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Page, sync_playwright

from fusion.command_room.rights import Right, may
from fusion.storage.store import UserRow
from fusion.types.place import Place
from fusion.types.sensor import SensorStatus

from .served import Served

PASSWORD = "a-password-of-my-own"
ROLES = ("administrator", "member", "platform_liaison", "grid_liaison", "unheard_of")


@pytest.fixture(scope="module")
def served(room: Served) -> Iterator[Served]:
    digest = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    for role in ROLES:
        room.store.put_user(UserRow(role, digest, role, datetime.now(UTC), must_change=False))
    yield room
    room.sensors.clear()


@pytest.fixture(scope="module")
def client_of(served: Served) -> Iterator[Callable[[str], httpx.Client]]:
    clients: dict[str, httpx.Client] = {}

    def signed_in(role: str) -> httpx.Client:
        if role not in clients:
            client = clients[role] = httpx.Client(base_url=served.url, trust_env=False, timeout=30)
            assert client.post("/login", data={"user": role, "password": PASSWORD}).status_code == 303
        return clients[role]

    yield signed_in
    for client in clients.values():
        client.close()


@pytest.fixture(scope="module")
def page(served: Served) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(served.url)
        page.fill("input[name=user]", "member")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector(".zone-map[data-ready=true]", timeout=30_000)
        yield page
        browser.close()


def a_report(served: Served, number: str, **more: Any) -> dict[str, Any]:
    lon, lat = served.site.terminals[40].point
    at = datetime.now(UTC) - timedelta(minutes=1)
    known = {"source": "8890", "id": number, "kind": "street_stall", "lon": lon, "lat": lat, "datum": "wgs84"}
    return known | {"at": at.isoformat(), "text": "路口有人摆摊"} | more


def a_stall(served: Served, **more: Any) -> dict[str, Any]:
    place = {"point": list(served.site.terminals[0].point), "datum": "wgs84", "windows": ["06:00-09:00 mon-fri"]}
    return {"vendor": "王建国", "permit_no": "证-1", "phone": "13800000000", "places": [place]} | more


def test_a_report_is_created_once_by_its_number_in_the_body_or_the_header(served: Served, client_of: Any) -> None:
    client, form = client_of("member"), a_report(served, "API-1")
    first = client.post("/api/v1/reports", json=form)
    assert (first.status_code, first.json()["fresh"]) == (201, True)
    del form["id"]
    again = client.post("/api/v1/reports", json=form, headers={"Idempotency-Key": "API-1"})
    assert (again.status_code, again.json()["fresh"]) == (200, False)
    other = client.post("/api/v1/reports", json=form | {"text": "别的事"}, headers={"Idempotency-Key": "API-1"})
    assert (other.status_code, other.json()["why"]) == (409, "reused")
    assert client.post("/api/v1/reports", json=form).status_code == 422


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"datum": None}, "datum"),
        ({"lon": 100.0}, "outside"),
        ({"at": "2999-01-01T00:00:00Z"}, "future"),
        ({"kind": "x"}, "kind"),
        ({"photo": base64.b64encode(b"GIF89a").decode()}, "photo"),
    ],
)
def test_a_wrong_report_is_refused_by_name(served: Served, client_of: Any, change: dict[str, Any], why: str) -> None:
    answer = client_of("member").post("/api/v1/reports", json=a_report(served, "BAD-1", **change))
    assert (answer.status_code, answer.json()["why"]) == (422, why)
    assert "wanted: " in answer.json()["error"]


def test_a_photo_comes_with_a_report_and_is_shown_with_its_case(served: Served, client_of: Any) -> None:
    client = client_of("member")
    photo = cv2.imencode(".png", np.full((64, 64, 3), 90, np.uint8))[1].tobytes()
    form = a_report(served, "PH-1", photo=base64.b64encode(photo).decode(), kind="waste_dumping")
    assert client.post("/api/v1/reports", json=form).status_code == 201
    served.engine.tick()
    status = next(s for s in client.get("/api/v1/reports").json() if s["report"]["id"] == "r:8890:PH-1")
    case = client.get(f"/api/v1/cases/{status['case_id']}").json()["case"]
    kept = client.get(f"/api/v1/evidence/{case['evidence'][0]['id']}")
    assert (kept.headers["content-type"], kept.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")


def test_a_body_beyond_the_bound_is_refused_before_it_is_read(client_of: Any) -> None:
    client = client_of("member")
    assert client.post("/api/v1/reports", content=b" " * (12 * 1024 * 1024 + 1)).status_code == 413
    chunks = (b" " * 1024 * 1024 for _ in range(13))  # without Content-Length
    assert client.post("/api/v1/reports", content=chunks).status_code in {400, 413}


def test_each_role_may_what_it_may_and_one_unheard_of_may_nothing(served: Served, client_of: Any) -> None:
    wanted: dict[str, tuple[int, ...]] = {
        "administrator": (200, 200, 200, 200),
        "member": (200, 200, 200, 403),
        "platform_liaison": (200, 200, 200, 403),
        "grid_liaison": (200, 403, 403, 403),
        "unheard_of": (403, 403, 403, 403),
    }
    client_of("administrator").put("/api/v1/stalls/S-0", json=a_stall(served))
    paths = ("/api/v1/reports", "/api/v1/stalls/S-0", "/api/v1/hot-spots", "/api/v1/audit")
    for role, codes in wanted.items():
        assert tuple(client_of(role).get(path).status_code for path in paths) == codes, role
    assert not any(may(None, right) for right in Right)


def test_who_may_not_see_whose_a_stall_is_sees_it_masked_and_each_look_is_written_down(
    served: Served, client_of: Any
) -> None:
    member, liaison, admin = client_of("member"), client_of("grid_liaison"), client_of("administrator")
    assert member.put("/api/v1/stalls/S-1", json=a_stall(served, version=0)).json()["version"] == 1
    assert member.put("/api/v1/stalls/S-1", json=a_stall(served, version=0, vendor="李")).status_code == 409
    assert liaison.put("/api/v1/stalls/S-1", json=a_stall(served)).status_code == 403
    masked = next(s for s in liaison.get("/api/v1/stalls").json() if s["id"] == "S-1")
    assert (masked["vendor"], masked["permit_no"], masked["phone"]) == ("王**", "证**", "")
    assert "13800000000" in member.get("/api/v1/stalls/S-1").text
    audit = admin.get("/api/v1/audit").json()
    assert [(line["actor"], line["deed"]) for line in audit["lines"][:2]] == [
        ("user:member", "viewed"),
        ("user:member", "changed"),
    ]
    assert audit["broken_at"] is None
    assert member.delete("/api/v1/stalls/S-1").status_code == 204
    assert member.delete("/api/v1/stalls/S-1").status_code == 404


def test_a_wrong_stall_is_refused_without_its_personal_data(served: Served, client_of: Any) -> None:
    wrong = a_stall(served, places=[{"point": [120, 29], "datum": "wgs72"}])
    answer = client_of("member").put("/api/v1/stalls/S-2", json=wrong)
    assert answer.status_code == 422
    assert "places.0.datum" in answer.json()["detail"]
    assert "王建国" not in answer.text


def test_the_months_report_comes_in_each_form(client_of: Any) -> None:
    client = client_of("member")
    month = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m}"
    assert client.get(f"/api/v1/assessment/{month}").json()["total"]["found"] >= 1
    assert client.get(f"/api/v1/assessment/{month}?form=pdf").content.startswith(b"%PDF-")
    sheet = client.get(f"/api/v1/assessment/{month}?form=xlsx")
    assert sheet.content.startswith(b"PK")
    assert f'filename="fusion-{month}.xlsx"' in sheet.headers["content-disposition"]
    assert client.get("/api/v1/assessment/2026-13").status_code == 422


def test_words_of_people_are_text_on_the_page_and_turn_nothing_round(
    served: Served, client_of: Any, page: Page
) -> None:
    evil = "<img src=x onerror=\"document.title='run'\"><b>粗</b> \u202eمرحبا"
    lat = served.site.terminals[5].point[1]
    form = a_report(served, "EVIL-1", text=evil, lon=served.site.terminals[5].point[0], lat=lat)
    assert client_of("member").post("/api/v1/reports", json=form).status_code == 201
    served.engine.tick()
    page.goto(f"{served.url}/reports")
    row = page.locator('[data-report="r:8890:EVIL-1"]')
    row.wait_for()
    said = row.locator("p bdi")
    assert "<img src=x onerror=\"document.title='run'\"><b>粗</b>" in said.inner_text()
    assert "\u202e" not in said.inner_text()
    assert said.evaluate("node => getComputedStyle(node).unicodeBidi") == "isolate"
    assert row.locator("b, img").count() == 0
    row.locator("a.state").click()
    page.wait_for_selector(".timeline li")
    assert "<b>粗</b>" in page.locator(".facts").first.inner_text()
    assert page.locator(".facts b, .timeline b, .timeline img").count() == 0
    assert "run" not in page.title()


def test_a_member_notes_a_report_on_the_page(served: Served, page: Page) -> None:
    page.goto(f"{served.url}/reports")
    page.get_by_label("工单号（可空）").fill("PAGE-1")
    page.get_by_label("或终端编号").fill("T-0009")
    page.get_by_label("内容").fill("三轮车卖水果")
    page.locator("[data-submit]").click()
    page.wait_for_selector('[data-report="r:8890:PAGE-1"]')
    page.get_by_label("工单号（可空）").fill("PAGE-2")
    page.get_by_label("或终端编号").fill("")
    page.get_by_label("纬度, 经度").fill("29.3321, 120.0324")
    page.get_by_label("内容").fill("没有坐标系")
    page.locator("[data-submit]").click()
    page.get_by_text("未受理：请指明坐标系").wait_for()
    assert page.locator('[data-report="r:8890:PAGE-2"]').count() == 0


def test_a_silent_sensor_is_a_matter_of_health_on_the_page_and_no_case(
    served: Served, client_of: Any, page: Page
) -> None:
    now = datetime.now(UTC)
    place = Place(served.site.terminals[0].point, 5.0)
    served.sensors[:] = [
        SensorStatus(
            sensor_id="B-1", name="东门", kind="smoke", place=place, heard_at=now, silent_since=None, value=0.05
        ),
        SensorStatus(
            sensor_id="B-2",
            name="西门<i>",
            kind="smoke",
            place=place,
            heard_at=None,
            silent_since=now - timedelta(hours=1),
            zh="传感器“西门<i>”已 75 分钟没有读数",
            en="unheard",
        ),
    ]
    before = len(client_of("member").get("/api/v1/cases").json())
    page.goto(f"{served.url}/health")
    page.get_by_text("传感器静默 1").wait_for()
    page.get_by_text("传感器“西门<i>”已 75 分钟没有读数").wait_for()
    assert [s["sensor_id"] for s in client_of("member").get("/api/v1/sensors").json()] == ["B-1", "B-2"]
    assert len(client_of("member").get("/api/v1/cases").json()) == before


def test_a_role_without_the_right_is_told_so_on_the_page(served: Served) -> None:
    with httpx.Client(base_url=served.url, trust_env=False, follow_redirects=True) as client:
        client.post("/login", data={"user": "unheard_of", "password": PASSWORD})
        assert "您的角色无权使用此页" in client.get("/reports").text
