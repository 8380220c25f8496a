#!/usr/bin/env python3
"""Make the demo zone again: `python script/make_demo_zone.py [FOLDER]` (default configs/demo).

Seeded: the same script, libraries and clips give the same bytes. Writes boundary, grids, streets, terminals,
workers and fleet; site.yaml is written by hand. Zones and ground points of the streaming terminals come from the
clips' truth in FOLDER/clips.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from demo_zone.files import write_boundary, write_grids, write_list, write_streets
from demo_zone.grids import grids_of
from demo_zone.ground import ground_of
from demo_zone.poles import crossing
from demo_zone.roads import Roads
from demo_zone.streets import streets_of
from demo_zone.terminals import terminals_of
from demo_zone.workers import workers_of

from fusion.geo.grids import GridIndex
from fusion.geo.plane import LocalPlane
from fusion.types.place import GeoPoint

_MIDDLE = GeoPoint(120.03, 29.33)
_SEED = 7


def make(folder: Path, clips: Path) -> None:
    """Write all files of the zone into an existing folder."""
    rng = np.random.default_rng(_SEED)
    plane = LocalPlane(_MIDDLE)
    roads = Roads(rng)
    ground = ground_of(rng, roads)
    grids = grids_of(ground, plane)
    streets = streets_of(rng, roads, grids, ground.boundary)
    terminals, fleet = terminals_of(
        rng, streets, middle=crossing(roads), plane=plane, index=GridIndex(grids.all), clips=clips
    )
    write_boundary(folder, grids.boundary)
    write_grids(folder, grids)
    write_streets(folder, streets, plane)
    write_list(folder / "terminals.yaml", terminals)
    write_list(folder / "workers.yaml", workers_of(rng, grids))
    write_list(folder / "fleet.yaml", fleet)


def main() -> None:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    home = Path(__file__).resolve().parent.parent / "configs" / "demo"
    parser.add_argument("folder", nargs="?", type=Path, default=home, help="where the files go (default: configs/demo)")
    parser.add_argument("--clips", type=Path, help="where the clips' truth lies (default: FOLDER/clips)")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    make(args.folder, args.clips or args.folder / "clips")
    sys.stdout.write(f"{args.folder}: written\n")


if __name__ == "__main__":
    main()
