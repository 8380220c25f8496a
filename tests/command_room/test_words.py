import re
from pathlib import Path

import fusion.command_room
from fusion.command_room.form import safe_next
from fusion.command_room.words import WORDS, ago, say
from fusion.types.case import CaseState, Deed
from fusion.types.terminal import Health

SOURCES = Path(fusion.command_room.__file__).parent


def test_every_word_stands_in_both_languages_with_the_same_blanks() -> None:
    for key, (zh, en) in WORDS.items():
        assert zh.strip(), key
        assert en.strip(), key
        assert set(re.findall(r"\{\w+\}", zh)) == set(re.findall(r"\{\w+\}", en)), key


def test_every_state_deed_and_health_has_a_word() -> None:
    wanted = [f"state.{s}" for s in CaseState] + [f"deed.{d}" for d in Deed] + [f"health.{h}" for h in Health]
    assert [key for key in wanted if key not in WORDS] == []


def test_every_word_that_a_page_asks_for_is_there() -> None:
    asked = set()
    for file in SOURCES.glob("*.py"):
        asked |= set(re.findall(r"""(?:word|say)\(["']([a-z_.]+)["']""", file.read_text(encoding="utf-8")))
    assert asked - WORDS.keys() == set()


def test_ages_are_told_in_the_largest_unit() -> None:
    assert (ago(5, "en"), ago(61, "en"), ago(7300, "zh")) == ("5 s ago", "1 min ago", "2 小时前")
    assert say("deed.unheard_of", "zh") == "unheard_of"


def test_signing_in_never_leads_to_another_site() -> None:
    for path in ("//evil.example", "https://evil.example", "/\\evil.example", "", None):
        assert safe_next(path) == "/"
    assert safe_next("/cases/C1") == "/cases/C1"
