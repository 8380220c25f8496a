import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import fusion.command_room
from fusion.command_room.backend import ZoneMap
from fusion.command_room.form import safe_next
from fusion.command_room.health import code_of
from fusion.command_room.peer_words import in_words
from fusion.command_room.show import Speaker
from fusion.command_room.words import WORDS, ago, lasted, say, until
from fusion.types.case import CaseState, Deed
from fusion.types.terminal import Health, TerminalStatus, Trouble, TroubleKind

SOURCES = Path(fusion.command_room.__file__).parent


def test_every_word_stands_in_both_languages_with_the_same_blanks() -> None:
    for key, (zh, en) in WORDS.items():
        assert zh.strip(), key
        assert en.strip(), key
        assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en)), key


def test_every_state_deed_health_and_trouble_has_a_word() -> None:
    wanted = [f"state.{s}" for s in CaseState] + [f"deed.{d}" for d in Deed] + [f"health.{h}" for h in Health]
    wanted += [f"trouble.{kind}" for kind in TroubleKind]
    assert [key for key in wanted if key not in WORDS] == []


def test_every_word_that_a_page_asks_for_is_there() -> None:
    asked = set()
    for file in SOURCES.glob("*.py"):
        asked |= set(re.findall(r"""(?:word|say)\(\s*["']([a-z_.]+)["']""", file.read_text(encoding="utf-8")))
    assert asked - WORDS.keys() == set()


def test_ages_are_told_in_the_largest_unit() -> None:
    assert (ago(5, "en"), ago(61, "en"), ago(7300, "zh")) == ("5 s ago", "1 min ago", "2 小时前")
    assert say("deed.unheard_of", "zh") == "unheard_of"


def test_what_lasts_is_told_in_its_two_largest_units() -> None:
    told = [lasted(seconds, "en") for seconds in (0, 59, 61, 3600, 7500, 86_400 * 3 + 4 * 3600 + 59, 86_400 + 60)]
    assert told == ["0 s", "59 s", "1 min", "1 h", "2 h 5 min", "3 d 4 h", "1 d"]
    assert lasted(7500, "zh") == "2 小时 5 分钟"
    assert [until(seconds, "en") for seconds in (-1, 30.5, 90, 7300)] == ["due now", "in 31 s", "in 2 min", "in 2 h"]


def test_since_when_is_said_as_people_say_it() -> None:
    zone = ZoneMap(
        name_zh="",
        name_en="",
        timezone="Asia/Shanghai",
        boundary=(),
        streets=(),
        grids=(),
        terminals=(),
        workers=(),
        kinds={},
    )
    now = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # 10:30 in Shanghai
    said = [(Speaker(zone, "zh"), Speaker(zone, "en"), now - timedelta(hours=hours)) for hours in (2, 12, 100)]
    assert [zh.since(at, now) for zh, _, at in said] == [
        "今天 08:30 起，已 2 小时",
        "昨天 22:30 起，已 12 小时",
        "2026年11月20日 06:30 起，已 4 天 4 小时",
    ]
    assert [en.since(at, now) for _, en, at in said] == [
        "since 08:30 today, for 2 h",
        "since 22:30 yesterday, for 12 h",
        "since 06:30 on 20 Nov 2026, for 4 d 4 h",
    ]


def test_what_is_wrong_with_a_part_is_told_in_chinese_with_the_original_or_as_it_is() -> None:
    assert in_words("something unheard of", "zh") == "something unheard of"
    assert in_words("connection timed out", "zh") == "超时，没有应答（connection timed out）"
    assert in_words("connection timed out", "en") == "connection timed out"
    assert in_words("", "zh") == ""


def a_status(health: Health, *kinds: TroubleKind) -> TerminalStatus:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    troubles = tuple(Trouble(kind=kind, since=now, zh="", en="") for kind in kinds)
    return TerminalStatus(terminal_id="T-1", health=health, since=now, troubles=troubles)


def test_the_map_shows_what_is_wrong_and_a_camera_that_is_tried_again_as_away() -> None:
    offline, blurred = TroubleKind.OFFLINE, TroubleKind.BLURRED
    assert code_of(a_status(Health.LIVE)) == "l"
    assert code_of(a_status(Health.LIVE, blurred)) == "t"
    assert code_of(a_status(Health.CONNECTING)) == "c"
    assert code_of(a_status(Health.CONNECTING, blurred, offline)) == "o"
    assert code_of(a_status(Health.OFFLINE, offline)) == "o"
    assert code_of(a_status(Health.REGISTERED)) == "r"


def test_signing_in_never_leads_to_another_site() -> None:
    for path in ("//evil.example", "https://evil.example", "/\\evil.example", "", None):
        assert safe_next(path) == "/"
    assert safe_next("/cases/C1") == "/cases/C1"
