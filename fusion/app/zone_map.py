"""What the command room is shown of a site and of its shards."""

from fusion.command_room.backend import KindName, LookingState, ZoneMap, looking_state
from fusion.settings.site import Site
from fusion.shards.shards import Shards


def zone_map_of(site: Site) -> ZoneMap:
    """The zone's map, words and people."""
    config = site.config
    return ZoneMap(
        name_zh=config.site.name_zh,
        name_en=config.site.name_en,
        timezone=config.site.timezone,
        boundary=site.boundary or site.grids[0].ring,
        streets=site.streets,
        grids=site.grids,
        terminals=site.terminals,
        workers=site.workers,
        kinds={kind: _kind_name(site, kind) for kind in config.kinds},
        platforms={name: (entry.zh, entry.en) for name, entry in config.cases.platforms.items()},
    )


def _kind_name(site: Site, kind: str) -> KindName:
    entry, row = site.config.kinds[kind], site.book.row(kind)
    if row is None:
        return KindName(zh=entry.zh, en=entry.en, code=entry.code)
    zh, en = (
        f"{row.major} {row.major_zh} / {row.code} {row.zh}",
        f"{row.major} {row.major_en} / {row.code} {row.en}",
    )
    return KindName(zh=entry.zh, en=entry.en, code=row.code, class_zh=zh, class_en=en)


def looking_of(shards: Shards) -> LookingState:
    """How the looking keeps up."""
    now = shards.looking
    return looking_state(
        stretch=now.stretch,
        longest_gap_s=now.longest_gap_s,
        budget_cores=now.budget_cores,
        used_cores=now.use_cores,
        overloaded=now.overloaded,
    )
