"""The store: SQLite or PostgreSQL. What changes a case and what is told of it commit together."""

from fusion.storage.store import Store, StoreConfig
from fusion.storage.unit import Unit

__all__ = ["Store", "StoreConfig", "Unit"]
