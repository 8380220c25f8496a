import json
import math
import shutil
from pathlib import Path

import pytest

from fusion.cli.sites import demo_zone
from fusion.geo.datum import to_wgs84
from fusion.settings.parts import problems_of
from fusion.settings.problems import SiteProblems
from fusion.settings.site import json_schema, read_site
from fusion.types.errors import SiteError
from fusion.types.masks import PrivacyClip


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the demo zone."""
    folder = tmp_path / "site"
    shutil.copytree(demo_zone(), folder, ignore=shutil.ignore_patterns("clips"))
    (folder / "clips").symlink_to(demo_zone() / "clips")
    return folder


def problems(site: Path) -> list[str]:
    """What is wrong with it, each as it is told, without the folder."""
    with pytest.raises(SiteProblems) as caught:
        read_site(site)
    return [str(problem).removeprefix(f"{site}/") for problem in caught.value.problems]


def edit(file: Path, old: str, new: str) -> int:
    """Replace one text; the 1-based line on which it stood."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_the_demo_zone_is_well() -> None:
    site = read_site(demo_zone())
    assert len(site.terminals) == 1677
    assert sum(terminal.connected for terminal in site.terminals) == 16


def test_every_fault_is_told_with_file_line_and_key(site: Path) -> None:
    line = edit(site / "site.yaml", "{kind: stall, dwell: 20s}", "{kind: stall, dwel: 20s}")
    other = edit(site / "workers.yaml", "duty: ['06:00-14:00']", "duty: ['6 to 14']")
    text = "\n".join(problems(site))
    assert f"site.yaml:{line}: rules.0.dwel: no such key here" in text
    assert "dwell" in text
    assert f"workers.yaml:{other}: " in text
    assert "duty.0" in text


def test_a_misspelt_rule_is_refused_with_the_valid_ones(site: Path) -> None:
    edit(site / "site.yaml", "kind: dumping", "kind: dumpin")
    with pytest.raises(SiteError, match="'dumpin' is no kind of rule; valid: dumping, stall"):
        read_site(site)


def test_a_duration_without_its_unit_is_refused(site: Path) -> None:
    edit(site / "site.yaml", "residue: 10s", "residue: 10")
    with pytest.raises(SiteError, match="wanted a duration with its unit"):
        read_site(site)


def test_a_grid_that_is_not_there_is_named(site: Path) -> None:
    edit(site / "terminals.yaml", "grid: E-07,", "grid: E-99,")
    assert problems(site) == ["terminals.yaml:2: 0.grid: grid E-99 is not in the site's grids"]


def test_a_key_that_stands_twice_is_refused(site: Path) -> None:
    with (site / "site.yaml").open("a", encoding="utf-8") as file:
        file.write("fusion: {}\n")
    with pytest.raises(SiteError, match="fusion: stands twice"):
        read_site(site)


def test_an_alias_is_refused_before_it_grows(site: Path) -> None:
    (site / "workers.yaml").write_text("- &a [1]\n- *a\n", encoding="utf-8")
    with pytest.raises(SiteError, match="an alias"):
        read_site(site)


def test_a_password_in_an_address_is_not_said_back(site: Path) -> None:
    edit(site / "terminals.yaml", "'fleet:/T-0001/sub'", "'rtsp//root:hunter2@camera/1'")
    with pytest.raises(SiteError) as caught:
        read_site(site)
    assert "hunter2" not in str(caught.value)
    assert "wanted a stream" in str(caught.value)


def test_a_password_can_come_from_the_environment(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(site / "terminals.yaml", "'fleet:/T-0001/sub'", "'rtsp://root:${CAMERA_PASSWORD}@camera/1'")
    with pytest.raises(SiteError, match="CAMERA_PASSWORD"):
        read_site(site)
    monkeypatch.setenv("CAMERA_PASSWORD", "s3cret")
    assert read_site(site).terminals[0].sub_url == "rtsp://root:s3cret@camera/1"


def test_a_site_brings_a_rule_in_one_file(site: Path) -> None:
    (site / "loiter.py").write_text(
        "from datetime import timedelta\nfrom typing import Literal\n"
        "from fusion.plugins import Duration, Registries\nfrom fusion.rules.base import Rule, RuleConfig\n\n"
        "@Registries.rules.register\nclass LoiterConfig(RuleConfig):\n"
        "    kind: Literal['loiter'] = 'loiter'\n    event: str = 'street_stall'\n"
        "    zone_kinds: tuple[str, ...] = ('no_stall',)\n    dwell: Duration = timedelta(minutes=3)\n\n"
        "    def start(self) -> Rule:\n        return Nothing()\n\n"
        "class Nothing(Rule):\n    def judge(self, sighting, zones, local_now):\n        return ()\n"
        "    def building(self, now):\n        return False\n    def settled(self, now):\n        return True\n",
        encoding="utf-8",
    )
    edit(site / "site.yaml", "rules:\n", "plugins: [loiter.py]\nrules:\n  - {kind: loiter, dwell: 5min}\n")
    assert [rule.kind for rule in read_site(site).rules] == ["loiter", "stall", "dumping"]


def test_a_broken_plug_in_names_its_file(site: Path) -> None:
    (site / "broken.py").write_text("1 / 0\n", encoding="utf-8")
    edit(site / "site.yaml", "rules:\n", "plugins: [broken.py]\nrules:\n")
    with pytest.raises(SiteError, match=r"broken\.py: ZeroDivisionError"):
        read_site(site)


def test_the_schema_for_editors_knows_the_rules() -> None:
    kinds = [entry["properties"]["kind"]["const"] for entry in json_schema()["properties"]["rules"]["items"]["anyOf"]]
    assert {"dumping", "stall"} <= set(kinds)
    assert "fill_level" in json.dumps(json_schema()["properties"]["sensors"])
    assert "mqtt" in json.dumps(json_schema()["properties"]["notifiers"])


def test_ground_points_that_fix_no_plane_are_told(site: Path) -> None:
    points = "[0.15, 0.95, 120.0325238, 29.3321547], [0.5, 0.95, 120.0325117, 29.3321369]"
    line = edit(site / "terminals.yaml", "[0.5, 0.42, 120.0325932, 29.3320945], ", "")
    for old in ("[0.85, 0.95, 120.0324997, 29.3321191], ", "[0.2, 0.45, 120.0326044, 29.332129], "):
        edit(site / "terminals.yaml", old, "")
    assert problems(site) == [
        f"terminals.yaml:{line}: 0.ground_points: 3 of them; wanted: none, or four or more",
    ]
    edit(site / "terminals.yaml", points, f"{points}, {points}")
    (told,) = problems(site)
    assert told.startswith(f"terminals.yaml:{line}: 0.ground_points: three of four on one line, or two the same")


def test_a_zone_whose_edges_cross_or_that_leaves_the_picture_is_told(site: Path) -> None:
    old = "polygon: [[0.4872, 0.9648], [0.9896, 0.82], [0.532, 0.3967], [0.25, 0.4341]]"
    line = edit(site / "terminals.yaml", old, "polygon: [[0.1, 0.1], [0.9, 0.9], [0.9, 0.1], [0.1, 0.9]]")
    (told,) = problems(site)
    assert told.startswith(f"terminals.yaml:{line}: 0.zones.0.polygon: Self-intersection[0.5 0.5]; wanted: corners")
    edit(site / "terminals.yaml", "[[0.1, 0.1], [0.9, 0.9],", "[[0.1, 0.1], [0.9, 1.9],")
    (told,) = problems(site)
    assert told.startswith(f"terminals.yaml:{line}: 0.zones.0.polygon.1.1: ")
    assert "less than or equal to 1" in told


def test_a_zone_that_stands_twice_in_a_terminal_is_told(site: Path) -> None:
    zone = "{id: S-01, name: a, kind: no_stall, polygon: [[0, 0], [1, 0], [1, 1]]}"
    edit(site / "terminals.yaml", "zones: [{id: S-01,", f"zones: [{zone}, {{id: S-01,")
    assert problems(site) == ["terminals.yaml:2: 0.zones.1.id: S-01 stands twice in T-0001; wanted: once"]


@pytest.mark.parametrize(("file", "name"), [("terminals.yaml", "T-0002"), ("workers.yaml", "W-002")])
def test_an_id_that_stands_twice_is_told(site: Path, file: str, name: str) -> None:
    first = f"{name[:-1]}1"
    line = edit(site / file, f"id: {name}", f"id: {first}")
    assert f"{file}:{line}: 1.id: {first} stands twice; wanted: once" in problems(site)


def test_grids_that_lie_over_each_other_or_cross_themselves_are_told(site: Path) -> None:
    grids = json.loads((site / "grids.geojson").read_text(encoding="utf-8"))
    features = grids["features"]
    first, second = features[0]["properties"]["id"], features[1]["properties"]["id"]
    features[1]["geometry"] = features[0]["geometry"]
    text = json.dumps(grids, ensure_ascii=False, indent=1)
    (site / "grids.geojson").write_text(text, encoding="utf-8")
    (told,) = problems(site)
    line = [number for number, row in enumerate(text.splitlines(), 1) if row.startswith('   "geometry"')][1]
    assert told.startswith(f"grids.geojson:{line}: features.1.geometry: {second} lies over {first} by ")
    ring = features[1]["geometry"]["coordinates"][0]
    features[1]["geometry"] = {"type": "Polygon", "coordinates": [[ring[0], ring[20], ring[10], ring[30], ring[0]]]}
    features[2]["properties"]["id"] = first
    (site / "grids.geojson").write_text(json.dumps(grids, ensure_ascii=False, indent=1), encoding="utf-8")
    told_of = problems(site)
    assert any(f"features.1.geometry: grid {second}: ring: Self-intersection" in told for told in told_of)
    assert any(f"features.2.properties.id: {first} stands twice; wanted: once" in told for told in told_of)


def test_a_small_grid_beyond_its_enterprise_grid_is_told(site: Path) -> None:
    grids = json.loads((site / "grids.geojson").read_text(encoding="utf-8"))
    small = next(f for f in grids["features"] if f["properties"]["kind"] == "small")
    small["properties"]["parent"] = "E-13" if small["properties"]["parent"] != "E-13" else "E-12"
    (site / "grids.geojson").write_text(json.dumps(grids), encoding="utf-8")
    (told,) = problems(site)
    assert f"{small['properties']['id']} reaches " in told
    assert "beyond E-1" in told


def test_a_clip_that_is_missing_is_told_once_for_each_stream(site: Path) -> None:
    line = edit(site / "fleet.yaml", "clip: stall_cart", "clip: stall_card")
    (told,) = problems(site)
    assert told == f"fleet.yaml:{line}: 0.clip: {site}/clips/stall_card.sub.mp4 is missing; wanted: a clip"


def test_a_terminal_that_waits_for_a_stream_of_the_fleet_in_vain_is_told(site: Path) -> None:
    line = edit(site / "terminals.yaml", "sub: 'fleet:/T-0001/sub'", "sub: 'fleet:/T-0999/sub'")
    (told,) = problems(site)
    assert told.startswith(f"terminals.yaml:{line}: 0.sub: the site's fleet serves no such stream")


def test_a_worker_whose_id_cannot_be_a_topic_is_told(site: Path) -> None:
    line = edit(site / "workers.yaml", "id: W-001", "id: W.001")
    assert f"workers.yaml:{line}: 0.id: W.001: is part of MQTT topics" in problems(site)[0]


def test_positions_of_another_datum_are_converted_at_the_door(site: Path) -> None:
    here = read_site(site).terminals[0]
    edit(site / "site.yaml", "datum: wgs84", "datum: gcj02")
    there = read_site(site).terminals[0]
    assert 300 < 111_195 * math.dist(here.point, there.point) < 700
    assert there.ground_points[0][:2] == here.ground_points[0][:2]
    assert there.ground_points[0][2:] != here.ground_points[0][2:]


def test_what_a_part_would_refuse_at_its_start_is_told_without_starting_it(site: Path) -> None:
    edit(site / "site.yaml", "broker: {url: embedded}", "broker: {url: 'http://x'}")
    edit(site / "site.yaml", "store: {url: sqlite}", "store: {url: 'mysql://x'}")
    edit(site / "site.yaml", "host: 127.0.0.1", "host: 0.0.0.0")
    edit(site / "site.yaml", "detectors: {workers: 1}", "detectors: {model: none_such}")
    told = {problem.key: problem for problem in problems_of(read_site(site))}
    assert told.keys() == {"broker.url", "store.url", "command_room.host", "detectors"}
    assert all(problem.line > 10 for problem in told.values())
    assert "none_such" in told["detectors"].wrong


SENSOR = "{id: B-001, kind: fill_level, name: 东门垃圾桶, point: [120.0321, 29.3321], datum: gcj02, grid: E-07}"


def with_sensors(site: Path, *sensors: str) -> int:
    return edit(site / "site.yaml", "rules:\n", f"sensors: [{', '.join(sensors)}]\nrules:\n")


def test_a_sensor_stands_in_site_yaml_with_its_kind_and_the_datum_of_its_point(site: Path) -> None:
    with_sensors(site, SENSOR)
    ((config, place),) = read_site(site).sensors
    assert (config.kind, config.id, config.event) == ("fill_level", "B-001", "waste_dumping")
    assert place.point == pytest.approx(to_wgs84(120.0321, 29.3321, "gcj02"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("kind: fill_level", "kind: fil_level", "sensors.0.kind: 'fil_level' is no kind of sensor; valid: fill_level"),
        (
            "name: 东门",
            "full: 80, name: 东门",
            "sensors.0.full: no such key here; wanted: one of belief, clock_error, datum, ",
        ),
        ("id: B-001", "id: W-001", "sensors.0.id: W-001 is a worker's id too"),
        ("id: B-001", "id: engine", "sensors.0.id: engine is the engine's own"),
        ("grid: E-07", "grid: E-99", "sensors.0.grid: grid E-99 is not in the site's grids"),
        ("grid: E-07", "event: rats", "sensors.0.event: kind rats has no entry under kinds"),
        ("grid: E-07", "topic: fusion/v1/x", "sensors.0.topic: fusion/v1/x is fusion's own"),
        ("grid: E-07", "topic: a.b/c", "sensors.0.topic: has a dot"),
        ("grid: E-07", "topic: a/+/c", "sensors.0.topic: String should match pattern"),
        ("grid: E-07", "full_percent: 50", "sensors.0: wanted emptied_percent below full_percent"),
        ("point: [120.0321, 29.3321]", "point: [0, 0]", "sensors.0.point: position 0.0, 0.0: outside China"),
    ],
)
def test_a_sensor_that_is_wrong_is_told_with_its_line(site: Path, old: str, new: str, says: str) -> None:
    line = with_sensors(site, SENSOR.replace(old, new))
    (told,) = problems(site)
    assert told.startswith(f"site.yaml:{line}: ")
    assert says in told


def test_two_sensors_may_not_share_an_id_or_a_topic(site: Path) -> None:
    with_sensors(site, SENSOR.replace("grid: E-07", "topic: a/b"), SENSOR.replace("grid: E-07", "topic: a/b"))
    assert [told.partition(": ")[2] for told in problems(site)] == [
        "sensors.1.id: B-001 stands twice; wanted: once",
        "sensors.1.topic: a/b is another sensor's too; wanted: one each",
    ]


def test_notifiers_stand_in_site_yaml_by_a_name_of_the_sites(site: Path) -> None:
    edit(site / "site.yaml", "rules:\n", "notifiers: {second: {kind: mqtt, url: 'mqtt://broker.example'}}\nrules:\n")
    ((name, config),) = read_site(site).notifiers
    assert (name, config.kind) == ("second", "mqtt")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("ops: {kind: webhok}", "notifiers.ops.kind: 'webhok' is no kind of notifier; valid: mqtt"),
        ("ops: {kind: mqtt, uri: x}", "notifiers.ops.uri: no such key here; wanted: one of ca_file, client_id, kind,"),
        ("bus: {kind: mqtt, url: 'mqtt://x'}", "notifiers.bus: is a part of fusion; wanted: another name"),
        ("Ops!: {kind: mqtt}", "notifiers.Ops!"),
    ],
)
def test_a_notifier_that_is_wrong_is_told_with_its_line(site: Path, entry: str, says: str) -> None:
    line = edit(site / "site.yaml", "rules:\n", f"notifiers: {{{entry}}}\nrules:\n")
    (told,) = problems(site)
    assert told.startswith(f"site.yaml:{line}: ")
    assert says in told


ZONE = "zones: [{id: S-01"
AREAS = "masks: [[[0, 0], [0.1, 0], [0.1, 0.1]]], privacy_masks: [[[0.8, 0], [1, 0], [1, 0.2]]], privacy_clip: none, "


def test_masks_stand_with_their_terminal(site: Path) -> None:
    edit(site / "terminals.yaml", ZONE, AREAS + ZONE)
    terminal = read_site(site).terminals[0]
    assert terminal.masks.ignored == (((0.0, 0.0), (0.1, 0.0), (0.1, 0.1)),)
    assert terminal.masks.private == (((0.8, 0.0), (1.0, 0.0), (1.0, 0.2)),)
    assert terminal.masks.clip is PrivacyClip.NONE


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("masks: [[[0, 0], [1, 1], [1, 0], [0, 1]]]", "masks.0: Self-intersection"),
        ("masks: [[[0, 0], [2, 0], [0, 1]]]", "masks.0.1.0"),
        ("privacy_masks: [[[0, 0], [1, 0]]]", "privacy_masks.0"),
        ("privacy_clip: blur", "privacy_clip: Input should be 'reencode' or 'none'"),
        ("masks: [[[0, 0], [1, 0], [1, 1], [0, 1]]]", "S-01: masks cover it; wanted: a part that can be seen"),
    ],
)
def test_masks_that_are_wrong_are_told_with_their_line(site: Path, entry: str, says: str) -> None:
    line = edit(site / "terminals.yaml", ZONE, f"{entry}, {ZONE}")
    told = problems(site)
    assert all(problem.startswith(f"terminals.yaml:{line}: ") for problem in told)
    assert any(says in problem for problem in told)
