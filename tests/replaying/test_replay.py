"""From a store to a sentence, a page with pictures, and suggestions; the real command line."""

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from typer.testing import CliRunner, Result

from fusion.cli.main import app
from fusion.incidents.policy import FusionPolicy
from fusion.replaying.change import Setup, read_change
from fusion.replaying.replay import Record, Replay, Source, records
from fusion.replaying.report import Context, write_report
from fusion.replaying.summary import summary_of
from fusion.replaying.verdict import Again
from fusion.rules import StallConfig
from fusion.settings.problems import SiteProblems
from fusion.storage import Store
from fusion.types.errors import SiteError
from fusion.types.told import Outcome

from .told import EVENING, SHANGHAI, TERMINAL, a_month, a_site, keep, setup, sqlite, thing

FROM, UNTIL = EVENING - timedelta(days=1), EVENING + timedelta(days=40)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    (tmp_path / "var").mkdir()
    found = sqlite(tmp_path / "var")
    yield found
    found.close()


def longer(dwell: str) -> Setup:
    return setup(rules=(StallConfig.model_validate({"dwell": dwell}), *setup().rules[1:]))


def read(store: Store, folder: Path) -> list[Record]:
    return records(Source(store, folder), FROM, UNTIL)


def test_a_longer_dwell_spares_the_chats_loses_one_stall_and_says_what_is_unknown(store: Store, tmp_path: Path) -> None:
    a_month(store, tmp_path / "evidence")
    summary = summary_of(Replay(setup(), longer("3min"), SHANGHAI).run(read(store, tmp_path)))
    assert (summary.false.all, summary.false.not_filed, summary.false.unknown) == (13, 12, 1)
    assert (summary.true.all, summary.true.not_filed) == (11, 1)
    assert (summary.unmarked.all, summary.unmarked.not_filed) == (2, 1)
    assert summary.assumed == 11
    assert summary.zh.startswith("误报少 12 起（共 13 起），属实漏 1 起（共 11 起），未标记的少 1 起（共 2 起）")
    assert "12 false alarms fewer (of 13), 1 true one lost (of 11)" in summary.en
    assert "1 unknown" in summary.en


def test_nothing_changed_changes_nothing(store: Store, tmp_path: Path) -> None:
    a_month(store, tmp_path / "evidence")
    summary = summary_of(Replay(setup(), setup(), SHANGHAI).run(read(store, tmp_path)))
    assert (summary.false.not_filed, summary.true.not_filed, summary.unmarked.not_filed) == (0, 0, 0)
    assert (summary.unknown, summary.more) == (0, 0)


def test_a_lower_threshold_files_what_was_not_believed(store: Store, tmp_path: Path) -> None:
    a_month(store, tmp_path / "evidence")
    after = setup(fusion=FusionPolicy(believed=0.5))
    assert summary_of(Replay(setup(), after, SHANGHAI).run(read(store, tmp_path))).more == 1
    stricter = setup(fusion=FusionPolicy(believed=0.9))
    assert summary_of(Replay(setup(), stricter, SHANGHAI).run(read(store, tmp_path))).true.not_filed == 11


def test_a_case_that_one_of_two_things_still_tells_of_is_still_filed(store: Store, tmp_path: Path) -> None:
    short, long = thing(1, lasted_s=40), thing(2, lasted_s=400)
    long = replace(long, incident_id=short.incident_id)
    keep(store, short, Outcome.TRUE)
    with store.transaction() as unit:
        unit.learnt.put_thing(long)
    (record,) = read(store, tmp_path)
    assert len(record.things) == 2
    (judgement,) = Replay(setup(), longer("3min"), SHANGHAI).run([record])
    assert judgement.filed is Again.TOLD


def test_the_page_names_each_case_that_changes_and_shows_it_and_the_json_says_the_same(
    store: Store, tmp_path: Path
) -> None:
    evidence = tmp_path / "evidence"
    a_month(store, evidence)
    judgements = Replay(setup(), longer("3min"), SHANGHAI).run(read(store, tmp_path))
    context = Context(
        where="site",
        since=FROM,
        until=UNTIL,
        rules="<new>.yaml",
        site_tz=SHANGHAI,
        kinds={"street_stall": ("占道经营", "Street stall")},
        made_at=datetime.now(UTC),
        wider=False,
    )
    page, data = write_report(tmp_path / "out", judgements, context, evidence)
    html = page.read_text(encoding="utf-8")
    assert "会漏掉的属实案卷（1）" in html
    assert "不再出现的误报（12）" in html
    assert "2026-11-0022" in html
    assert "&lt;new&gt;.yaml" in html
    assert len(list((tmp_path / "out" / "pictures").iterdir())) == 13
    facts = json.loads(data.read_text(encoding="utf-8"))
    assert facts["summary"]["false"]["not_filed"] == 12
    lost = [case for case in facts["cases"] if case["outcome"] == "true" and case["filed"] == "not_told"]
    assert [case["number"] for case in lost] == ["2026-11-0022"]
    assert lost[0]["picture"] in html


def test_a_file_may_give_a_part_of_a_rule_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(
        "rules: [{event: street_stall, dwell: 3min}]\n"
        "terminals:\n"
        "  - id: T-0001\n"
        "    masks: [[[0, 0], [0.1, 0], [0.1, 0.1]]]\n"
        '    zones: [{id: S-01, windows: ["16:30-19:30"]}]\n'
        "fusion: {believed: 0.7}\n",
        encoding="utf-8",
    )
    before = setup(rules=(StallConfig.model_validate({"dwell": "20s", "attended": 0.5}), *setup().rules[1:]))
    after = read_change(file, before)
    stall = after.rules[0]
    assert isinstance(stall, StallConfig)
    assert (stall.dwell, stall.attended) == (timedelta(minutes=3), 0.5)
    assert after.rules[1] == before.rules[1]
    terminal = after.terminals["T-0001"]
    assert terminal.masks.ignored == (((0.0, 0.0), (0.1, 0.0), (0.1, 0.1)),)
    assert terminal.zones[0].polygon == TERMINAL.zones[0].polygon
    assert len(terminal.zones[0].windows) == 1
    assert after.fusion.believed == 0.7


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "changes nothing"),
        ("rules: []", "changes nothing"),
        ("rulez: []\nfusion: {believed: 0.7}", "1: rulez: no such key"),
        ("rules: [{kind: stall, dwel: 3min}]", "dwel: no such key here"),
        ("rules: [{kind: no_such}]", "no kind of rule"),
        ("rules: [{event: no_such, dwell: 3min}]", "told by 0 rules"),
        ("rules: [5]", "found int"),
        ("fusion: {believed: 7}", "fusion.believed"),
        ("terminals: [{id: T-9999}]", "T-9999: no such terminal"),
        ("terminals: [{id: T-0001, masks: [[[0, 0], [2, 0], [1, 1]]]}]", "terminals.0.masks"),
        ("terminals: [{id: T-0001, zones: [{id: S-01, windows: [now]}]}]", "wanted a window"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_line(text: str, wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SiteProblems) as caught:
        read_change(file, setup())
    assert wrong in str(caught.value)
    assert str(file) in str(caught.value)


def _fusion(*args: str | Path) -> Result:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        return CliRunner().invoke(app, [str(arg) for arg in args])
    finally:
        # The command logs to the runner's standard error, which is closed by now.
        structlog.reset_defaults()
        root.handlers[:], root.level = handlers, level


def test_the_command_says_what_would_have_changed_and_what_the_marks_suggest(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    store = sqlite(tmp_path / "var")
    a_month(store, tmp_path / "var" / "evidence")
    store.close()
    (tmp_path / "new.yaml").write_text("rules: [{kind: stall, dwell: 3min}]", encoding="utf-8")
    done = _fusion(
        "replay", site, "--since", "2026-11-01", "--until", "2026-12-20", "--rules", tmp_path / "new.yaml",
        "--report", tmp_path / "out", "--clips", "none", "--suggest",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "误报少 12 起（共 13 起），属实漏 1 起（共 11 起）" in done.output
    assert "停留时长由 20 秒提高到 1 分钟" in done.output
    assert "回放：误报少 12 起" in done.output
    assert (tmp_path / "out" / "index.html").is_file()
    suggested = (tmp_path / "out" / "suggestion-1.yaml").read_text(encoding="utf-8")
    assert "dwell: 1min" in suggested


def test_what_cannot_be_replayed_is_said_in_words(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    (tmp_path / "new.yaml").write_text("rules: [{kind: stall, dwell: 3min}]", encoding="utf-8")
    for args, wrong in (
        ((site,), "--rules: missing"),
        ((site, "--rules", tmp_path / "new.yaml"), "nothing was told yet"),
        ((tmp_path, "--rules", tmp_path / "new.yaml"), "neither site.yaml nor fusion.db"),
    ):
        error = _fusion("replay", *args).exception
        assert isinstance(error, SiteError)
        assert wrong in str(error)
        assert len(str(error).splitlines()) == 1


def test_what_was_told_outside_the_stretch_is_left_alone(store: Store, tmp_path: Path) -> None:
    a_month(store, tmp_path / "evidence")
    assert records(Source(store, tmp_path), FROM, FROM + timedelta(hours=1)) == []
