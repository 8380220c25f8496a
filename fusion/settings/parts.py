"""What the parts of fusion would refuse when they are started: addresses, certificates, the model, the page's port."""

import re
from collections.abc import Callable, Iterator

from fusion.alerts.link import EMBEDDED, address_of
from fusion.command_room.server import check
from fusion.settings.marks import Loc
from fusion.settings.problems import Problem
from fusion.settings.site import SITE_FILE, Site
from fusion.settings.tables import problem_at, read_marked
from fusion.types.errors import SiteError

_KEY = re.compile(r"([a-z_]+(?:\.[a-z0-9_]+)+): ")


def problems_of(site: Site) -> list[Problem]:
    """Everything that a start would stumble on, without starting anything."""
    document = read_marked(site.folder / SITE_FILE)
    found = []
    for section, error in _refusals(site):
        match = _KEY.match(str(error))
        loc: Loc = tuple(match.group(1).split(".")) if match else (section,)
        wrong = str(error).removeprefix(match.group(0)) if match else str(error)
        found.append(problem_at(document, loc, wrong))
    return found


def _refusals(site: Site) -> Iterator[tuple[str, SiteError]]:
    config, folder = site.config, site.folder
    attempts: dict[str, Callable[[], object]] = {
        "bus": lambda: config.bus.resolved(folder),
        "store": lambda: config.store.resolved(folder, site.data),
        "broker": lambda: None if config.broker.url == EMBEDDED else address_of(config.broker, folder),
        "detectors": lambda: config.detectors.started(config.detectors.chosen(folder)),
        "command_room": lambda: check(config.command_room),
    }
    for section, attempt in attempts.items():
        try:
            attempt()
        except SiteError as error:
            yield section, error
