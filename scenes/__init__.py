"""Renders labelled street scenes, with exact truth. Never part of set-up, tests or the wheel."""
