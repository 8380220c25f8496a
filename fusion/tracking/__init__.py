"""Following over time: the background, what was left in it (residues), and detections across looks (tracks)."""
