"""Judging: the pipeline on footage with truth, and what it found, missed and made up, in figures and pictures."""
