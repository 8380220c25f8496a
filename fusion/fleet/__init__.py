"""Clips served as live terminals 模拟终端群: a real RTSP server for rehearsals, tests and benches."""

from fusion.fleet.config import FleetConfig, StreamConfig, load_config
from fusion.fleet.encode import Form
from fusion.fleet.faults import Fault, State, read_faults
from fusion.fleet.mischief import KINDS, mischief_of
from fusion.fleet.nal import Codec
from fusion.fleet.prepare import prepare, prepared
from fusion.fleet.process import FleetProcess
from fusion.fleet.server import Fleet
from fusion.fleet.spread import Scene, find_scenes, spread
from fusion.fleet.timeline import Moment, Timeline

__all__ = [
    "KINDS",
    "Codec",
    "Fault",
    "Fleet",
    "FleetConfig",
    "FleetProcess",
    "Form",
    "Moment",
    "Scene",
    "State",
    "StreamConfig",
    "Timeline",
    "find_scenes",
    "load_config",
    "mischief_of",
    "prepare",
    "prepared",
    "read_faults",
    "spread",
]
