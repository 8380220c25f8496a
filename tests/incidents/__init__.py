"""Tests of incidents: pure decisions, without servers."""
