"""How the demo zone is made: ground, streets, terminals, workers, files. See `script/make_demo_zone.py`."""
