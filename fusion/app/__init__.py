"""Wiring: a site's parts put together, started in order and stopped in order."""
