"""A site for `bench.zone`: the demo zone's register and grids, with terminals of a running fleet."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.probe import PLUGIN
from fusion.cli.sites import demo_zone

_SHARED = ("boundary.geojson", "grids.geojson", "streets.geojson", "workers.yaml", "case_codes.yaml")
#: As the goal's table has it: nothing looks more often than it must, so that cost says what the load is.
PLAIN: Mapping[str, Any] = {
    "longest_gap": "10s",
    "zone_gap": "10s",
    "spare": False,
    "reading": {"ring": "2s"},
}
#: What is left of the budget is used, as the product does by itself.
SPARE: Mapping[str, Any] = {"longest_gap": "10s", "reading": {"ring": "2s"}}


def register(count: int) -> list[dict[str, Any]]:
    """The first terminals of the demo zone's register: id, name, point, height, bearing, grids."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries = yaml.load((demo_zone() / "terminals.yaml").read_text("utf-8"), Loader=loader)  # noqa: S506 - a safe one
    kept = ("id", "name", "point", "height_m", "bearing_deg", "grid", "small_grid")
    if count > len(entries):
        raise SystemExit(f"terminals {count}: wanted at most {len(entries)}, as many as the register has")
    return [{key: entry[key] for key in kept if key in entry} for entry in entries[:count]]


def zones_of(scene: str) -> list[dict[str, Any]]:
    """Both zones of a scene, in force at all hours."""
    truth = json.loads((demo_zone() / "clips" / f"{scene}.json").read_text("utf-8"))
    return [
        {"id": zone["kind"], "name": zone["name"], "kind": zone["kind"], "polygon": zone["polygon"]}
        for zone in truth["zones"]
    ]


def write_site(
    folder: Path,
    urls: Sequence[str],
    scenes: Sequence[str],
    *,
    port: int,
    looking: Mapping[str, Any],
    detectors: Mapping[str, Any],
) -> list[str]:
    """Write the site's folder; the ids of its terminals, in the order of their urls.

    Args:
        folder: made anew.
        urls: each terminal's sub-stream.
        scenes: what each one shows, for its zones.
        port: of the page.
        looking: the site's `looking`.
        detectors: the site's `detectors`.
    """
    folder.mkdir(parents=True)
    for name in _SHARED:
        (folder / name).symlink_to((demo_zone() / name).resolve())
    entries = register(len(urls))
    for entry, url, scene in zip(entries, urls, scenes, strict=True):
        entry.update(sub=url, zones=zones_of(scene))
    # JSON is YAML.
    (folder / "terminals.yaml").write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
    (folder / "probe.py").write_text(PLUGIN, encoding="utf-8")
    demo = yaml.safe_load((demo_zone() / "site.yaml").read_text("utf-8"))
    demo["files"].pop("fleet")
    demo.update(
        plugins=["probe.py"],
        looking=dict(looking),
        detectors=dict(detectors),
        command_room={"host": "127.0.0.1", "port": port},
        data_dir="data",
        log="json",
    )
    (folder / "site.yaml").write_text(yaml.safe_dump(demo, allow_unicode=True), encoding="utf-8")
    return [str(entry["id"]) for entry in entries]
