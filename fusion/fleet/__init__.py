"""Clips served as live terminals 模拟终端群: a real RTSP server for rehearsals, tests and benches."""

from fusion.fleet.config import FleetConfig, StreamConfig, load_config
from fusion.fleet.faults import Fault, State
from fusion.fleet.process import FleetProcess
from fusion.fleet.server import Fleet
from fusion.fleet.timeline import Moment, Timeline

__all__ = [
    "Fault",
    "Fleet",
    "FleetConfig",
    "FleetProcess",
    "Moment",
    "State",
    "StreamConfig",
    "Timeline",
    "load_config",
]
