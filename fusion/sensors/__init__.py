"""Sensor kinds: what a reading means. Pure functions of a message and "now"; one file a kind."""
