import pytest

from fusion.alerts import topics
from fusion.alerts.topics import ALERTS, FROM_WORKERS, READINGS, TOPICS, markdown, parse
from fusion.types.errors import SiteError


def test_a_topic_that_was_made_for_a_worker_is_read_back_as_that_row_and_worker() -> None:
    for topic in FROM_WORKERS:
        assert parse(topic.of("W-012")) == (topic, "W-012")


def test_a_sensors_row_is_no_phones_and_its_id_is_checked_like_a_workers() -> None:
    assert READINGS.of("B-001") == "fusion/v1/sensors/B-001/readings"
    assert READINGS.pattern == "fusion/v1/sensors/+/readings"
    assert parse(READINGS.of("B-001")) is None
    with pytest.raises(SiteError, match="sensor id"):
        READINGS.of("a/b")


@pytest.mark.parametrize("worker", ["", "+", "#", "a/b", "a.b", "W-1\n", " W", "工号", "x" * 65, "$SYS", "a:b"])
def test_an_id_that_would_change_the_topics_shape_is_refused(worker: str) -> None:
    with pytest.raises(SiteError, match="worker id"):
        ALERTS.of(worker)


@pytest.mark.parametrize(
    "name",
    [
        "fusion/v1/workers/W-1/alerts",  # only the engine publishes there
        "fusion/v1/workers//receipts",
        "fusion/v1/workers/a/b/receipts",
        "fusion/v1/workers/W-1/receipts\n",
        "fusion/v1/workers/receipts",
        "fusion/v2/workers/W-1/receipts",
        "",
    ],
)
def test_a_topic_that_no_phone_may_use_is_none(name: str) -> None:
    assert parse(name) is None


def test_every_row_is_told_apart_and_described_in_both_languages() -> None:
    assert len({topic.template for topic in TOPICS}) == len(TOPICS) == len({topic.name for topic in TOPICS})
    table = markdown()
    for topic in TOPICS:
        assert topic.zh in table
        assert topic.en in table
        assert f"`{topic.template}`" in table
    assert all(topic.template.startswith(topics.ROOT) for topic in TOPICS)
