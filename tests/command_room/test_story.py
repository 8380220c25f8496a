"""A member of the command room signs in, finds the first case, and works on it: the real stack, a real browser."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright

from fusion.children import free_port
from fusion.cli.sites import demo_zone

PASSWORD = "a-password-of-my-own"


@dataclass
class Running:
    """A demo zone with its page."""

    url: str
    first_password: str
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    data = tmp_path_factory.mktemp("room")
    site = data / "site"
    site.mkdir()
    port = free_port()
    for entry in demo_zone().iterdir():
        if entry.name != "site.yaml":
            (site / entry.name).symlink_to(entry.resolve())
    text = (demo_zone() / "site.yaml").read_text(encoding="utf-8").replace("port: 8890", f"port: {port}")
    (site / "site.yaml").write_text(text.replace("../../var/demo", str(data / "var")), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "fusion", "run", str(site)],
        stdout=subprocess.PIPE,
        stderr=(data / "log").open("w"),
        text=True,
    )
    said: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            if "Command room" in line:
                ready.set()

    threading.Thread(target=listen, daemon=True).start()
    try:
        assert ready.wait(60), (data / "log").read_text()[-2000:]
        match = re.search(r"password (\S+)", "".join(said))
        assert match
        yield Running(f"http://127.0.0.1:{port}", match.group(1), process)
    finally:
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture(scope="module")
def page(running: Running) -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(running.url)
        yield page
        browser.close()


def test_nothing_is_shown_to_somebody_who_is_not_signed_in(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False) as client:
        assert client.get("/api/v1/cases").status_code == 401
        assert client.get("/metrics").status_code == 401
        answer = client.get("/")
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")
        assert client.get("/healthz").status_code == 200


def test_the_wrong_password_is_refused_and_guessing_becomes_slow(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False) as client:
        codes = [client.post("/login", data={"user": "root", "password": "x"}).status_code for _ in range(7)]
    assert codes[0] == 401
    assert codes[-1] == 429


def test_a_form_from_another_site_is_refused(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False) as client:
        signed_in = {"user": "admin", "password": running.first_password}
        assert client.post("/login", data=signed_in).status_code == 303
        answer = client.post("/logout", headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403


def test_a_member_signs_in_sees_the_zone_and_works_on_the_first_case(running: Running, page: Page) -> None:
    page.fill("input[name=user]", "admin")
    page.fill("input[name=password]", running.first_password)
    page.click("button[type=submit]")
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector(".zone-map[data-ready=true]", timeout=30_000)
    assert page.locator(".zone-map canvas").count() >= 2  # grids, and one layer for every terminal
    assert "1677" in page.locator(".room-header").inner_text()
    page.wait_for_selector(".case-row", timeout=90_000)
    page.locator(".case-row").first.click()
    page.wait_for_selector(".timeline li")
    page.wait_for_function("() => document.querySelector('.pictures img')?.naturalWidth >= 320")
    assert "本网格" in page.locator(".facts").inner_text() or "网格" in page.locator(".facts").inner_text()
    page.wait_for_selector('[data-deed="reject"]')
    page.locator('[data-deed="reject"]').click()
    page.locator('[data-reason="bin_put_out"]').click()
    page.wait_for_selector(".case-head .state.rejected", timeout=10_000)
    page.wait_for_selector(".timeline >> text=待收运的垃圾桶")


def test_the_page_speaks_english_too(running: Running, page: Page) -> None:
    page.goto(f"{running.url}/language/en?next=/")
    page.wait_for_selector(".zone-map[data-ready=true]", timeout=30_000)
    page.wait_for_selector(".case-row .state")
    assert "Command room" in page.locator(".room-header").inner_text()


def test_the_api_gives_cases_and_refuses_what_the_table_forbids(running: Running) -> None:
    with httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True) as client:
        client.post("/login", data={"user": "admin", "password": PASSWORD})
        case = client.get("/api/v1/cases", params={"state": "rejected"}).json()[0]
        deeds = f"/api/v1/cases/{case['id']}/deeds"
        assert client.post(deeds, json={"deed": "handle"}).status_code == 409
        assert client.post(deeds, json={"deed": "escalate"}).status_code == 422
        assert client.post(deeds, json={"deed": "close", "extra": 1}).status_code == 422
        assert client.get("/api/v1/cases/none").status_code == 404
        assert client.get("/api/v1/evidence/..%2f..%2fpasswd").status_code == 404
        picture = client.get(f"/api/v1/evidence/{case['evidence'][0]['id']}")
        assert picture.headers["content-type"] == "image/jpeg"
        assert "Alert" in client.get("/api/v1/schemas").json()
        assert "fusion_cases_total" in client.get("/metrics").text
        facts = client.get("/api/v1/zone").text
        assert "rtsp" not in facts
        assert "demo-" not in facts
