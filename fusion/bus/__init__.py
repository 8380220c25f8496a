"""The bus: Redis Streams, in an embedded Valkey or in any Redis or Valkey by URL."""

from fusion.bus.bus import Bus, BusConfig, Entry

__all__ = ["Bus", "BusConfig", "Entry"]
