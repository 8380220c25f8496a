"""Where things are and who is near: datums, picture to ground, grids, the nearest worker. Pure: no I/O, no clock."""
