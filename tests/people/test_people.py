"""Words of people."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from fusion.types.people import isolated, masked, plain, shortened


def test_breaks_become_spaces_and_controls_go() -> None:
    assert plain(" 路口\r\n有\t摊\x00\x1b[31m位 ") == "路口 有 摊[31m位"
    assert plain("half \ud83d pair") == "half pair"


def test_plain_chinese_and_markup_stay_as_they_are() -> None:
    for text in ("路口有人摆摊", "<script>alert(1)</script>", "& &amp;"):
        assert isolated(text) == text


def test_right_to_left_text_stands_between_isolates_and_overrides_are_gone() -> None:
    assert isolated("\u202egnp.exe") == "gnp.exe"
    assert isolated("شارع 5") == "\u2068شارع 5\u2069"
    assert isolated("a\u2069\u200fb") == "\u2068a\u200fb\u2069"


@given(st.text())
def test_whatever_somebody_writes_the_sentence_after_it_keeps_its_direction(text: str) -> None:
    shown = isolated(text)
    depth = 0
    for char in shown:
        depth += (char == "\u2068") - (char == "\u2069")
        assert depth >= 0
        assert unicodedata.bidirectional(char) not in {"RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI"}
    assert depth == 0
    assert "\n" not in shown
    shown.encode()


def test_a_long_text_ends_with_an_ellipsis_and_a_masked_name_tells_its_first_character() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
    assert (masked("王建国"), masked("")) == ("王**", "")
