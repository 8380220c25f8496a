import shutil
from pathlib import Path

import pytest

from fusion.cli.sites import demo_zone
from fusion.settings.problems import SiteProblems
from fusion.settings.site import json_schema, read_site
from fusion.types.errors import SiteError


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A copy of the demo zone without its clips."""
    folder = tmp_path / "site"
    shutil.copytree(demo_zone(), folder, ignore=shutil.ignore_patterns("clips"))
    return folder


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
    with pytest.raises(SiteProblems) as caught:
        read_site(site)
    text = str(caught.value)
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
    with pytest.raises(SiteError, match="grid E-99 is not in"):
        read_site(site)


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
