from datetime import UTC, datetime

import pytest

from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.weighing import Answer, answer, weighed
from fusion.types.sighting import Box
from fusion.types.signal import Finding, Phase, Reason

NOON = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
CLASSES, COUNTS = ("chat", "parked_car", "rubbish", "stall"), (100, 100, 50, 50)
POLICY = SecondStagePolicy()


def finding(belief: float = 0.8, kind: str = "street_stall") -> Finding:
    return Finding(
        kind=kind, phase=Phase.STARTED, thing_id="Z/R1", zone_id="Z", at=NOON, since=NOON, met_at=NOON,
        belief=belief, box=Box(0.1, 0.1, 0.2, 0.2), reason=Reason("停留", "stayed", {"dwell_s": 20.0}),
    )  # fmt: skip


def asked(*shares: float, kind: str = "street_stall") -> Answer | None:
    return answer(kind, "v3", CLASSES, COUNTS, shares, POLICY)


def sure(*shares: float) -> Answer:
    found = asked(*shares)
    assert found is not None
    return found


def test_what_looks_like_a_stall_is_believed_more_and_the_reason_says_so() -> None:
    after = weighed(finding(), sure(0.01, 0.01, 0.0, 0.98), 0.6)
    assert after.belief > 0.8
    assert after.reason.zh.startswith("停留；二级判别（v3）：像“摆摊经营” 98%，可信度 0.80 → ")
    assert "looks like stall at work, 98%" in after.reason.en
    assert after.reason.data == {
        "dwell_s": 20.0,
        "second_stage_class": "stall",
        "second_stage_share": 0.98,
        "second_stage_version": "v3",
        "second_stage_rejected": 0.0,
        "belief_before": 0.8,
    }


def test_a_clear_rejection_files_no_case_and_says_why() -> None:
    after = weighed(finding(0.98), sure(0.98, 0.01, 0.0, 0.01), 0.6)
    assert after.belief <= 0.3
    assert "行人停留交谈" in after.reason.zh
    assert "不立案" in after.reason.zh
    assert after.reason.data["second_stage_rejected"] == 1.0


def test_a_doubt_alone_takes_no_case_away() -> None:
    said = sure(0.90, 0.05, 0.0, 0.05)
    assert not said.rejected
    assert said.log_odds < 0
    assert weighed(finding(0.8), said, 0.6).belief == 0.6
    assert weighed(finding(0.5), said, 0.6).belief == 0.5


def test_many_marked_false_alarms_alone_make_nothing_less_believed() -> None:
    # The shares are those among the examples: the crop itself says nothing.
    said = sure(100 / 250, 100 / 250, 0.0, 50 / 250)
    assert said.log_odds == pytest.approx(0.0)
    assert weighed(finding(), said, 0.6).belief == 0.8


def test_its_say_is_capped() -> None:
    assert sure(0.0, 0.0, 0.0, 1.0).log_odds == POLICY.most
    assert sure(1.0, 0.0, 0.0, 0.0).log_odds == -POLICY.most


def test_what_is_rubbish_says_little_of_a_stall() -> None:
    said = sure(0.02, 0.0, 0.97, 0.01)
    assert not said.rejected
    assert abs(said.log_odds) < 0.1


def test_of_kinds_that_it_was_not_taught_it_says_nothing() -> None:
    assert asked(0.9, 0.1, 0.0, 0.0, kind="loitering") is None
    assert answer("waste_dumping", "v1", ("chat", "stall"), (30, 30), (0.9, 0.1), POLICY) is None


def test_dumpings_are_judged_by_rubbish() -> None:
    said = asked(0.01, 0.01, 0.97, 0.01, kind="waste_dumping")
    assert said is not None
    assert said.log_odds == POLICY.most
