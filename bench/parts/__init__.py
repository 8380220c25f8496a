"""The parts, one by one, with pytest-benchmark: `python -m pytest bench/parts --benchmark-json FILE`."""
