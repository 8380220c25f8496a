import json
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.alerts.builders import update_for
from fusion.alerts.inbound import Inbound
from fusion.alerts.messages import (
    LARGEST_BYTES,
    Alert,
    AnswerMessage,
    EngineStatus,
    FromPhone,
    PositionMessage,
    ReadingMessage,
    ReceiptMessage,
    ReportMessage,
    TerminalHealth,
    TroubleMessage,
    Update,
    decode,
    encode,
    from_phone,
    schemas,
)
from fusion.alerts.topics import ANSWERS, FROM_WORKERS, POSITION, RECEIPTS, REPORTS, TOPICS
from fusion.geo.datum import to_wgs84
from fusion.types.errors import PeerFault, SiteError
from fusion.types.false_reason import FalseReason
from fusion.types.phone import Answer, PhoneAnswer, PhonePosition, PhoneReceipt
from fusion.types.place import Datum, GeoPoint
from fusion.types.report import RawReport

from .peers import NOW, a_case, an_alert

POSITIONED: dict[str, Any] = {
    "id": "p1",
    "lon": 108.29,
    "lat": 22.85,
    "datum": "gcj02",
    "accuracy_m": 8,
    "at": NOW.isoformat(),
}

REPORTED: dict[str, Any] = POSITIONED | {"kind": "waste_dumping", "text": "路边一堆袋子", "photo": "/9j/4A=="}


def shifted(lon: float, lat: float, datum: Datum) -> GeoPoint:
    return GeoPoint(lon - 1, lat - 1) if datum is Datum.GCJ02 else GeoPoint(lon, lat)


def inbound(taken: list[FromPhone]) -> Inbound:
    return Inbound(taken.append, shifted, now=lambda: NOW)


def test_an_alert_says_where_why_and_until_when_and_its_id_stays() -> None:
    message = an_alert(7, "W-003", NOW)
    alert = msgspec.json.decode(message.payload, type=Alert)
    assert message == an_alert(7, "W-003", NOW)
    assert message.topic == "fusion/v1/workers/W-003/alerts"
    assert (alert.kind_zh, alert.kind_en, alert.datum) == ("占道经营", "Street stall", Datum.WGS84)
    assert (alert.why_you_en, alert.evidence_sha256) == ("own grid, 80 m away", ("ab" * 32,))
    assert alert.expires_at == message.expires_at == NOW + timedelta(hours=2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"datum": None}, "datum"),
        ({"datum": "wgs72"}, "datum"),
        ({"lon": 181}, "lon"),
        ({"lat": -90.5}, "lat"),
        ({"lat": "22.85"}, "lat"),
        ({"accuracy_m": -1}, "accuracy_m"),
        ({"at": "2026-11-24T02:00:00"}, "at"),
        ({"at": (NOW + timedelta(minutes=6)).isoformat()}, "not in the future"),
        ({"at": (NOW - timedelta(days=8)).isoformat()}, "last 7 days"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "last 7 days"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "not in the future"),
        ({"id": "x\n"}, "id"),
        ({"id": ""}, "id"),
        ({"speed": 3}, "unknown field `speed`"),
    ],
)
def test_a_position_that_is_wrong_is_refused_with_the_field_that_is_wrong(change: dict[str, Any], says: str) -> None:
    with pytest.raises(SiteError, match="PositionMessage: ") as refused:
        decode(PositionMessage, json.dumps(POSITIONED | change).encode(), NOW)
    assert says in str(refused.value)


def test_a_position_without_its_datum_is_refused() -> None:
    without = {key: value for key, value in POSITIONED.items() if key != "datum"}
    with pytest.raises(SiteError, match="missing required field `datum`"):
        decode(PositionMessage, json.dumps(without).encode(), NOW)


def test_a_payload_over_64_kib_is_refused_unread() -> None:
    with pytest.raises(SiteError, match="65537 bytes; wanted 65536 at most"):
        decode(AnswerMessage, b" " * (LARGEST_BYTES + 1), NOW)


def test_a_long_unknown_field_does_not_fill_the_log() -> None:
    with pytest.raises(SiteError) as refused:
        decode(ReceiptMessage, json.dumps({"x" * 60_000: 1}).encode(), NOW)
    assert len(str(refused.value)) < 300


def test_a_phones_clock_may_be_five_minutes_fast() -> None:
    ahead = POSITIONED | {"at": (NOW + timedelta(minutes=4, seconds=59)).isoformat()}
    assert decode(PositionMessage, json.dumps(ahead).encode(), NOW).datum is Datum.GCJ02


def test_phones_messages_become_the_engines_own_with_the_worker_of_the_topic_and_one_datum() -> None:
    taken: list[FromPhone] = []
    door = inbound(taken)
    door(POSITION.of("W-1"), json.dumps(POSITIONED).encode())
    door(RECEIPTS.of("W-1"), encode(ReceiptMessage(id="r1", case_id="C1", alert_id="C1:2", at=NOW)))
    handled = AnswerMessage(id="a1", case_id="C1", alert_id="C1:2", answer=Answer.HANDLED, at=NOW, reason="已清走")
    door(ANSWERS.of("W-2"), encode(handled))
    position, receipt, answer = taken
    assert isinstance(position, PhonePosition)
    assert position.point == pytest.approx((107.29, 21.85))
    assert receipt == PhoneReceipt(id="r1", worker_id="W-1", case_id="C1", alert_id="C1:2", at=NOW)
    assert isinstance(answer, PhoneAnswer)
    assert (answer.worker_id, answer.answer, answer.reason) == ("W-2", Answer.HANDLED, "已清走")


def test_when_the_bus_is_away_the_message_is_not_taken() -> None:
    def away(_message: FromPhone) -> None:
        raise PeerFault("bus: away")

    with pytest.raises(PeerFault):
        Inbound(away, shifted, now=lambda: NOW)(POSITION.of("W-1"), json.dumps(POSITIONED).encode())


def test_a_workers_report_becomes_one_of_the_worker_of_the_topic_and_its_photo_comes_along() -> None:
    taken: list[FromPhone] = []
    inbound(taken)(REPORTS.of("W-1"), json.dumps(REPORTED).encode())
    (report,) = taken
    assert isinstance(report, RawReport)
    assert (report.source, report.worker_id, report.entered_by, report.key) == ("worker", "W-1", "worker:W-1", "p1")
    assert (report.lon, report.lat, report.datum, report.photo) == (108.29, 22.85, "gcj02", b"\xff\xd8\xff\xe0")


def test_a_report_may_be_as_large_as_a_photo_and_no_larger() -> None:
    large = REPORTED | {"photo": "AAAA" * 190_000}
    assert len(decode(ReportMessage, json.dumps(large).encode(), NOW).photo) == 570_000
    with pytest.raises(SiteError, match="wanted 786432 at most"):
        decode(ReportMessage, json.dumps(REPORTED | {"photo": "AAAA" * 200_000}).encode(), NOW)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
_KEYS = st.sampled_from(["id", "case_id", "alert_id", "lon", "lat", "datum", "at", "answer", "reason", "accuracy_m"])


@given(st.sampled_from(FROM_WORKERS), st.binary() | st.dictionaries(_KEYS | st.text(), _JSON).map(msgspec.json.encode))
def test_no_payload_whatever_breaks_the_door(topic: Any, payload: bytes) -> None:
    taken: list[FromPhone] = []
    inbound(taken)(topic.of("W-1"), payload)
    assert all(isinstance(message, PhonePosition | PhoneReceipt | PhoneAnswer | RawReport) for message in taken)


@pytest.mark.parametrize(
    "payload", [b"[" * 60_000, b'{"id":' * 10_000, b'{"id":"' + b"\xff" * 100 + b'"}', b"", b"null"]
)
def test_deep_and_broken_payloads_are_refused(payload: bytes) -> None:
    for topic in FROM_WORKERS:
        with pytest.raises(SiteError):
            decode(topic.message, payload, NOW)


def test_each_real_message_fits_its_json_schema_and_the_schema_forbids_what_the_decoder_forbids() -> None:
    made = schemas(tuple(topic.message for topic in TOPICS))
    black = TroubleMessage(kind="black", since=NOW, zh="画面全黑", en="the picture is black")
    real: dict[str, bytes] = {
        "Alert": an_alert(1, "W-1", NOW).payload,
        "Update": update_for(a_case(), "W-1", NOW, withdrawn=True).payload,
        "PositionMessage": json.dumps(POSITIONED).encode(),
        "ReceiptMessage": encode(ReceiptMessage(id="r1", case_id="C1", alert_id="C1:2", at=NOW)),
        "AnswerMessage": encode(AnswerMessage(id="a", case_id="C", alert_id="C:2", answer=Answer.ACCEPT, at=NOW)),
        "ReportMessage": json.dumps(REPORTED).encode(),
        "ReadingMessage": encode(ReadingMessage(at=NOW, value=93.5)),
        "TerminalHealth": encode(TerminalHealth(terminal_id="T-1", health="live", troubles=(black,), at=NOW)),
        "EngineStatus": encode(EngineStatus(online=True, at=datetime.now(UTC))),
    }
    assert made.keys() == real.keys()
    for name, payload in real.items():
        validator = jsonschema.Draft202012Validator(made[name])
        validator.check_schema(made[name])
        value = json.loads(payload)
        validator.validate(value)
        assert not validator.is_valid(value | {"extra": 1})
    positions = jsonschema.Draft202012Validator(made["PositionMessage"])
    for wrong in ({"datum": "wgs72"}, {"lon": 181}, {"accuracy_m": -1}, {"id": "x\n"}):
        assert not positions.is_valid(POSITIONED | wrong)


def test_a_withdrawal_is_a_message_of_its_own_that_does_not_expire() -> None:
    message = update_for(a_case(3), "W-009", NOW, withdrawn=True)
    update = msgspec.json.decode(message.payload, type=Update)
    assert (message.topic, message.expires_at) == ("fusion/v1/workers/W-009/updates", None)
    assert (update.case_id, update.withdrawn) == (a_case(3).id, True)


def test_a_false_alarm_comes_with_its_reason_and_no_other_answer_does() -> None:
    facts = {"id": "a", "case_id": "C", "alert_id": "A", "at": NOW.isoformat()}

    def answer(**more: str) -> FromPhone:
        payload = json.dumps(facts | more).encode()
        return from_phone(decode(AnswerMessage, payload, NOW), "W-1", to_wgs84)

    said = answer(answer="false", false_reason="bin_put_out", reason="绿色大桶")
    assert isinstance(said, PhoneAnswer)
    assert (said.answer, said.false_reason, said.reason) == (Answer.FALSE, FalseReason.BIN_PUT_OUT, "绿色大桶")
    for wrong in ({"answer": "false"}, {"answer": "accept", "false_reason": "chat"}):
        with pytest.raises(SiteError, match="false_reason"):
            answer(**wrong)
    with pytest.raises(SiteError, match="AnswerMessage"):
        answer(answer="false", false_reason="a_ghost")
