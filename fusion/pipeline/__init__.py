"""The chain from a look to signals: detect, follow, judge, place."""
