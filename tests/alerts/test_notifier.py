"""MQTT as a notifier beside the engine's own broker; the webhook of CONTRIBUTING.md is tested beside that text."""

from pathlib import Path

import pytest

from fusion.alerts.link import BrokerConfig, Link
from fusion.plugins import Registries
from fusion.types.errors import SiteError

from .peers import eventually


def test_a_kind_that_nobody_registered_is_refused_with_the_valid_ones() -> None:
    with pytest.raises(ValueError, match="'webhok' is no kind of notifier; valid: mqtt"):
        Registries.notifiers.parse({"kind": "webhok"})


def test_mqtt_is_a_kind_of_notifier_too_and_wants_a_real_broker(tmp_path: Path) -> None:
    config = Registries.notifiers.parse({"kind": "mqtt", "url": "mqtt://127.0.0.1:1"})
    assert isinstance(config, BrokerConfig)
    link = config.start(tmp_path)
    try:
        assert isinstance(link, Link)
        assert eventually(lambda: "refused" in link.detail)
    finally:
        link.stop()
    with pytest.raises(SiteError, match="not an MQTT URL"):
        BrokerConfig().start(tmp_path)
