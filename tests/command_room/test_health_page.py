"""Camera health as a member of the command room sees it: the served page in a real browser, and the API."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from fusion.command_room.backend import LookingState, PeerState, looking_state
from fusion.types.terminal import Health, TroubleKind

from .served import Served, trouble

PASSWORD = "a-password-of-my-own"


@pytest.fixture(scope="module")
def served(room: Served) -> Served:
    room.trouble(
        0, Health.LIVE, trouble(TroubleKind.BLURRED, "画面模糊：清晰度只有平时的 31%。", "Blurred.", hours=2.1)
    )
    room.trouble(
        1,
        Health.CONNECTING,
        trouble(TroubleKind.OFFLINE, "离线：连不上摄像机。", "Offline: unreachable.", days=3, hours=4),
        trouble(TroubleKind.CLOCK_OFF, "时钟偏差：慢 2 分钟。", "Clock off: 2 min behind.", minutes=9),
    )
    room.trouble(2, Health.LIVE, reader="pyav")
    room.trouble(
        3,
        Health.LIVE,
        trouble(TroubleKind.BLURRED, "画面模糊 <b>。", "Blurred <b>.", minutes=1),
        reader="pyav",
    )
    return room


@pytest.fixture(scope="module")
def page(served: Served) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        # Whichever test of this process comes first changes the first password.
        with httpx.Client(base_url=served.url, trust_env=False) as client:
            client.post("/login", data={"user": "admin", "password": served.password})
            client.post("/password", data={"password": PASSWORD})
        page.goto(served.url)
        page.fill("input[name=user]", "admin")
        page.fill("input[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_selector(".zone-map[data-ready=true]", timeout=30_000)
        yield page
        browser.close()


def rows(page: Page) -> list[str]:
    return [row.get_attribute("data-terminal") or "" for row in page.locator(".trouble-rows tbody tr").all()]


def go(page: Page, served: Served, path: str, language: str = "zh") -> None:
    page.goto(f"{served.url}/language/{language}?next={path}")
    page.wait_for_selector(".room-pulse .chip")


def test_every_camera_with_a_trouble_is_listed_the_longest_lasting_first(served: Served, page: Page) -> None:
    go(page, served, "/")
    page.get_by_text("摄像机异常 3").click()
    page.wait_for_selector(".trouble-rows tbody tr")
    assert rows(page) == ["T-0002", "T-0001", "T-0004"]
    assert [kind.inner_text() for kind in page.locator("a.kind").all()] == [
        "全部 3",
        "画面模糊 2",
        "时钟偏差 1",
        "离线 1",
    ]
    first = page.locator(".trouble-rows tbody tr").first.inner_text()
    assert "T-0002 北湖路-铁岭路口 2号" in first
    assert first.index("离线 连不上摄像机。") < first.index("时钟偏差 慢 2 分钟。")
    assert "已 3 天 4 小时" in first
    assert "已 9 分钟" in first
    assert "PyAV" in page.locator(".trouble-rows tbody tr").last.inner_text()
    assert "<b>" in page.locator(".trouble-rows tbody tr").last.inner_text()  # shown, not obeyed


def test_a_kind_is_chosen_with_one_click_and_stays_chosen_when_the_language_changes(served: Served, page: Page) -> None:
    go(page, served, "/health")
    page.locator("a.kind", has_text="画面模糊").click()
    page.wait_for_selector("a.kind.chosen:has-text('画面模糊')")
    assert rows(page) == ["T-0001", "T-0004"]
    page.get_by_text("English").click()
    page.wait_for_selector("a.kind.chosen:has-text('Blurred')")
    assert rows(page) == ["T-0001", "T-0004"]
    assert "for 2 h 6 min" in page.locator(".trouble-rows tbody tr").first.inner_text()


def test_the_page_follows_a_camera_that_is_well_again(served: Served, page: Page) -> None:
    go(page, served, "/health?kind=blurred")
    kept = served.statuses["T-0004"]
    served.trouble(3, Health.LIVE)
    page.wait_for_selector("tr[data-terminal='T-0004']", state="detached", timeout=10_000)
    assert rows(page) == ["T-0001"]
    served.statuses["T-0004"] = kept


def test_a_terminal_of_the_list_is_shown_on_the_map_with_a_ring(served: Served, page: Page) -> None:
    go(page, served, "/health")
    page.locator("tr[data-terminal='T-0001'] a.map-link").click()
    page.wait_for_selector(".zone-map[data-ready=true]", timeout=30_000)
    page.wait_for_selector(".leaflet-tooltip:has-text('T-0001')")
    assert "terminal=T-0001" in page.url


def test_the_map_draws_a_camera_with_a_trouble_in_a_colour_of_its_own(served: Served, page: Page) -> None:
    go(page, served, "/?terminal=T-0001")
    page.wait_for_selector(".zone-map[data-ready=true]", timeout=30_000)
    script = """([r, g, b]) => {
        const canvas = [...document.querySelectorAll('.zone-map canvas')].find(c => c.style.pointerEvents === 'none');
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let count = 0;
        for (let i = 0; i < data.length; i += 4)
            if (data[i] === r && data[i + 1] === g && data[i + 2] === b && data[i + 3] === 255) count += 1;
        return count;
    }"""
    ill, away, well = ([255, 122, 182], [255, 107, 94], [53, 196, 141])
    page.wait_for_function(f"colour => ({script})(colour) > 20", arg=ill)
    assert page.evaluate(script, away) > 5  # T-0002, across the crossing
    assert page.evaluate(script, well) > 20


def test_an_overload_is_one_line_in_both_languages_and_goes_away(served: Served, page: Page) -> None:
    served.looking = looking_state(stretch=1.8, longest_gap_s=18.2, budget_cores=1.6, used_cores=1.6, overloaded=True)
    for language, words in (
        ("zh", "均匀拉长至 1.8 倍，最长 18 秒"),
        ("en", "1.8 times as long for all terminals, 18 s"),
    ):
        for path in ("/", "/health"):
            go(page, served, path, language)
            page.wait_for_selector(f".overload:has-text('{words}')")
    served.looking = LookingState()
    page.wait_for_selector(".overload", state="detached", timeout=10_000)


def test_parts_and_notifiers_are_told_with_what_is_wrong_in_the_page_s_language(served: Served, page: Page) -> None:
    since = datetime.now(UTC) - timedelta(minutes=3)
    served.peers = [
        PeerState(name="bus", well=True, since=since),
        PeerState(name="broker", well=False, since=since, detail="broker mqtt://127.0.0.1:1883: Connection refused"),
        PeerState(name="ops", well=False, since=since, detail="HTTP Error 503: Service Unavailable", notifier=True),
    ]
    go(page, served, "/health")
    page.wait_for_selector(".parts dt:has-text('通知“ops”')")
    parts = page.locator(".parts").inner_text()
    assert "拒绝连接，对方没有运行（broker mqtt://127.0.0.1:1883: Connection refused）" in parts
    assert "对方服务出错（HTTP Error 503: Service Unavailable）" in parts
    assert "已 3 分钟" in parts
    assert page.locator(".room-pulse .chip.lost").count() == 2
    assert "告警照常经 MQTT 发出" in page.locator(".room-pulse").inner_text()
    served.peers[1] = PeerState(name="broker", well=True, since=since)
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        assert client.get("/readyz").status_code == 200  # the engine works without a notifier


def test_a_detector_on_a_stand_in_is_said_and_holds_up_nothing(served: Served, page: Page) -> None:
    reason = "cuda: this installation has no CUDAExecutionProvider (package onnxruntime-gpu)"
    served.peers = [
        PeerState(name="bus", well=True, since=datetime.now(UTC)),
        PeerState(name="detector", well=False, since=datetime.now(UTC), detail=reason, stands_in=True),
    ]
    go(page, served, "/health")
    page.wait_for_selector(".parts dt:has-text('检测器')")
    parts = page.locator(".parts").inner_text()
    assert "检测器\n备用运行" in parts
    assert f"本机未安装所需的运行库（{reason}）" in parts
    assert "检测器 未能使用首选硬件，已改用备用，检测较慢" in page.locator(".room-pulse .chip.lost").inner_text()
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        assert client.get("/readyz").status_code == 200
        client.post("/login", data={"user": "admin", "password": PASSWORD})
        (told,) = [peer for peer in client.get("/api/v1/peers").json() if peer["name"] == "detector"]
        assert (told["well"], told["detail"]) == (False, reason)


def test_the_api_says_the_same(served: Served, page: Page) -> None:
    assert page.url
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        assert client.get("/api/v1/health").status_code == 401
        client.post("/login", data={"user": "admin", "password": PASSWORD})
        health = client.get("/api/v1/health").json()
        assert health["counts"] == {"blurred": 2, "clock_off": 1, "offline": 1}
        assert [status["terminal_id"] for status in health["terminals"]] == ["T-0002", "T-0001", "T-0004"]
        assert health["terminals"][0]["troubles"][0]["zh"].startswith("离线")
        assert health["looking"]["overloaded"] is False
        blurred = client.get("/api/v1/health", params={"kind": "blurred"}).json()["terminals"]
        assert [status["terminal_id"] for status in blurred] == ["T-0001", "T-0004"]
        assert client.get("/api/v1/health", params={"kind": "dusty"}).status_code == 422


def test_a_terminal_s_page_tells_its_troubles_and_leads_to_the_map(served: Served, page: Page) -> None:
    go(page, served, "/terminals/T-0004")
    page.wait_for_selector(".troubles .trouble")
    facts = page.locator(".facts:not(.learnt)").inner_text()
    assert "画面模糊 画面模糊 <b>。" in facts
    assert "PyAV" in facts
    assert "english" not in facts
    assert page.locator("a.map-link").get_attribute("href") == "/?terminal=T-0004"


def test_an_escalated_case_says_when_it_moves_on(served: Served, page: Page) -> None:
    served.report()
    go(page, served, "/")
    page.locator(".case-row").first.click()
    page.wait_for_selector(".timeline li")
    facts = page.locator(".facts:not(.learnt)").inner_text()
    assert "无人接单，请指挥室处理" in facts
    assert "再次寻找网格员" in facts
    assert "10 分钟后" in facts
    go(page, served, page.url.removeprefix(served.url), "en")
    page.wait_for_selector(".timeline li")
    assert "in 10 min" in page.locator(".facts:not(.learnt)").inner_text()
