"""Carries out what was decided: every change of a case, its history and its alerts in one transaction."""
