"""An open page: a real browser on the command room's map, its own cost apart."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import sync_playwright

from bench.cost import command, tree

_CHROMIUM = Path("/usr/bin/chromium")
_ARGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


@contextmanager
def open_page(url: str, cookies: Mapping[str, str]) -> Iterator[list[int]]:
    """The situation page in Chromium, signed in by cookies; gives the browser's processes."""
    before = set(tree([os.getpid()]))
    with sync_playwright() as play:
        path = str(_CHROMIUM) if _CHROMIUM.exists() else None
        browser = play.chromium.launch(executable_path=path, args=list(_ARGS))
        context = browser.new_context(viewport={"width": 1600, "height": 900})
        host = urlsplit(url).hostname or "127.0.0.1"
        context.add_cookies(
            [{"name": name, "value": value, "domain": host, "path": "/"} for name, value in cookies.items()]
        )
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector(".zone-map[data-ready=true]", timeout=60_000)
        roots = [pid for pid in tree([os.getpid()]) if pid not in before and "fusion" not in command(pid)]
        try:
            yield roots
        finally:
            browser.close()
