"""Replaying 回放: what was told is judged again by other rules, before they are saved."""
