"""Rules: from sightings to findings. Pure: no I/O, no clock. Importing the package registers the shipped kinds."""

from fusion.rules.base import Rule, RuleConfig
from fusion.rules.dumping import DumpingConfig, DumpingRule
from fusion.rules.stall import StallConfig, StallRule

__all__ = ["DumpingConfig", "DumpingRule", "Rule", "RuleConfig", "StallConfig", "StallRule"]
