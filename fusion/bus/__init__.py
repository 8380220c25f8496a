"""The bus: Redis Streams, in an embedded Valkey or in any Redis or Valkey by URL."""

from fusion.bus.bus import Bus, Entry
from fusion.bus.config import BusConfig

__all__ = ["Bus", "BusConfig", "Entry"]
