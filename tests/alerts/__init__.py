"""Tests of alerts, against real brokers."""
