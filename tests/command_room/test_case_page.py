"""A case's page offers what the table allows this user, asks for what a deed wants, shows deadlines; so does REST."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from fusion.command_room.deed_dialogs import act
from fusion.types.case import Case, CaseState, Deed
from fusion.types.deed import Given
from fusion.types.errors import IllegalDeed
from fusion.types.false_reason import FalseReason
from fusion.types.place import Place
from fusion.types.role import Doer, Role
from fusion.types.signal import Phase, Reason, Signal

from .served import Served

PASSWORD = "a-password-of-my-own"


def tell(served: Served, number: int, thing: str, kind: str = "street_stall") -> str:
    """A thing at a terminal; the id of its case. Nobody is on duty, so the command room has it."""
    now = datetime.now(UTC)
    terminal = served.site.terminals[number]
    served.engine.handle(
        Signal(
            id=f"v:{thing}",
            kind=kind,
            phase=Phase.STARTED,
            source="video",
            source_id=terminal.id,
            thing_id=thing,
            at=now,
            since=now - timedelta(minutes=3),
            met_at=now,
            place=Place(terminal.point, 5.0),
            belief=0.9,
            zone_id="S-01",
            reason=Reason("摊点停留 3 分钟", "a stall stayed for 3 min"),
        )
    )
    return served.engine._store.cases(limit=1)[0].id


def sign_in(served: Served, user: str, password: str) -> httpx.Client:
    client = httpx.Client(base_url=served.url, trust_env=False, follow_redirects=True)
    client.post("/login", data={"user": user, "password": password})
    client.post("/password", data={"password": PASSWORD})
    return client


@pytest.fixture(scope="module")
def admin(room: Served) -> Iterator[httpx.Client]:
    # Other modules of the same page may have changed the first password to the same one already.
    with closing(sign_in(room, "admin", room.password)) as client:
        if client.get("/api/v1/cases").status_code != 200:
            client.post("/login", data={"user": "admin", "password": PASSWORD})
        assert client.get("/api/v1/cases").status_code == 200
        yield client


@pytest.fixture(scope="module")
def page(room: Served, admin: httpx.Client) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        context = browser.new_context(viewport={"width": 1500, "height": 950})
        context.add_cookies([{"name": name, "value": value, "url": room.url} for name, value in admin.cookies.items()])
        yield context.new_page()
        browser.close()


def test_a_member_suspends_a_case_with_a_reason_and_takes_it_up_again(room: Served, page: Page) -> None:
    case_id = tell(room, 40, "Z/suspend")
    page.goto(f"{room.url}/cases/{case_id}")
    page.wait_for_selector('[data-deed="dispatch"]')
    assert page.locator('[data-deed="acknowledge"]').count() == 0  # the table has no such step
    assert "派遣剩" in page.locator(".case-head .limit").inner_text()
    assert "综合执法" in page.locator(".facts").inner_text()
    page.locator('[data-deed="more"]').click()
    page.locator('[data-deed="suspend"]').click()
    page.wait_for_selector(".deed-form textarea")
    page.locator(".deed-form textarea").fill("等待业主到场")
    page.locator('[data-deed="confirm"]').click()
    page.wait_for_selector(".case-head .state.suspended")
    assert "计时暂停" in page.locator(".case-head .limit").inner_text()
    assert "等待业主到场" in page.locator(".timeline").inner_text()
    page.locator('[data-deed="resume"]').click()
    page.wait_for_selector(".case-head .state.filed")


def test_a_false_alarm_is_one_also_when_the_case_has_moved_on_a_step_but_not_when_it_was_dealt_with(
    room: Served, admin: httpx.Client
) -> None:
    boss = Doer(name="user:admin", role=Role.ADMINISTRATOR)
    chat = Given(false_reason=FalseReason.CHAT)

    def shown_before(number: int, thing: str, *deeds: str) -> Case:
        """The case as it was before those deeds."""
        case_id = tell(room, number, thing)
        found = room.backend.case(case_id)
        assert found is not None
        for deed in deeds:
            done = admin.post(f"/api/v1/cases/{case_id}/deeds", json={"deed": deed, "note": "x"})
            assert done.status_code == 200, done.text
        return found[0]

    moved_on = shown_before(44, "Z/moved", "suspend", "resume")
    act(room.backend, moved_on, Deed.REJECT, boss, chat)
    found = room.backend.case(moved_on.id)
    assert found is not None
    assert found[0].state is CaseState.REJECTED
    assert found[1][-1].false_reason is FalseReason.CHAT
    suspended = shown_before(48, "Z/paused", "suspend")
    with pytest.raises(IllegalDeed, match="changed meanwhile"):
        act(room.backend, suspended, Deed.REJECT, boss, chat)
    taken_up = shown_before(52, "Z/again", "suspend", "resume")
    with pytest.raises(IllegalDeed, match="changed meanwhile"):  # only a false alarm is one whatever happened
        act(room.backend, taken_up, Deed.SUSPEND, boss, Given(reason="x"))


def test_a_joint_case_shows_whose_part_is_still_to_do(room: Served, admin: httpx.Client, page: Page) -> None:
    case_id = tell(room, 60, "Z/joint")
    deeds = f"/api/v1/cases/{case_id}/deeds"
    joined = admin.post(deeds, json={"deed": "join", "platforms": ["enforcement", "market"]})
    assert joined.status_code == 200, joined.text
    assert admin.post(deeds, json={"deed": "close", "note": "看过"}).status_code == 409
    done = admin.post(deeds, json={"deed": "finish_part", "platforms": ["market"], "note": "已取缔"})
    assert done.status_code == 200, done.text
    page.goto(f"{room.url}/cases/{case_id}")
    page.wait_for_selector(".parts-list li.done")
    assert "市场监管 · 已完成 已取缔" in page.locator(".parts-list li.done").inner_text()
    assert "综合执法 · 未完成" in page.locator(".parts-list li.open").inner_text()


def test_rest_says_what_is_allowed_and_refuses_in_words(room: Served, admin: httpx.Client) -> None:
    case_id = tell(room, 80, "Z/rest")
    shown = admin.get(f"/api/v1/cases/{case_id}").json()
    allowed = {one["deed"]: one["wants"] for one in shown["allowed"]}
    assert allowed["reject"] == ["false_reason"]
    assert "verify" not in allowed
    assert [trace["thing_id"] for trace in shown["traces"]] == ["Z/rest"]
    deeds = f"/api/v1/cases/{case_id}/deeds"
    answer = admin.post(deeds, json={"deed": "verify"})
    assert answer.status_code == 409
    assert "verify is possible when: feedback" in answer.text
    assert "wants a reason" in admin.post(deeds, json={"deed": "reject"}).text
    assert admin.post(deeds, json={"deed": "decline"}).status_code == 422


def test_a_liaison_does_what_the_own_platform_may_and_sees_no_positions(room: Served, admin: httpx.Client) -> None:
    made = admin.post("/api/v1/users", json={"name": "market-1", "role": "platform_liaison", "scope": ["market"]})
    assert made.status_code == 200, made.text
    assert admin.post("/api/v1/users", json={"name": "x", "role": "grid_liaison", "scope": ["R-99"]}).status_code == 422
    only = [user["name"] for user in admin.get("/api/v1/users").json() if user["role"] == "administrator"] == ["admin"]
    if only:  # other tests of this process may have made another
        assert admin.post("/api/v1/users", json={"name": "admin", "role": "member"}).status_code == 422
    case_id = tell(room, 100, "Z/liaison")
    with closing(sign_in(room, "market-1", made.json()["first_password"])) as liaison:
        assert liaison.get("/api/v1/users").status_code == 403
        shown = liaison.get(f"/api/v1/cases/{case_id}").json()
        assert shown["allowed"] == []
        answer = liaison.post(f"/api/v1/cases/{case_id}/deeds", json={"deed": "dispatch"})
        assert answer.status_code == 409
        assert "it is for the liaison of enforcement" in answer.text
        assert all(status["point"] is None for status in liaison.get("/api/v1/workers").json())
