"""Tests of the engine, on a real store and a real bus."""
