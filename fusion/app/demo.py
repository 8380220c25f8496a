"""A demo zone's terminals: the site's clips served as real RTSP streams on loopback."""

from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from fusion.fleet.config import FleetConfig, StreamConfig
from fusion.fleet.process import FleetProcess
from fusion.settings.registers import StreamEntry
from fusion.settings.site import Site
from fusion.types.errors import SiteError
from fusion.types.terminal import Terminal

_SCHEME = "fleet:"


def fleet_of(site: Site) -> FleetProcess | None:
    """The fleet of a site that has one; not yet started."""
    if not site.fleet:
        return None
    streams = [stream for entry in site.fleet for stream in _streams(site.folder / "clips", entry)]
    return FleetProcess(FleetConfig(streams=tuple(streams)), log=site.data / "fleet.log")


def _streams(clips: Path, entry: StreamEntry) -> list[StreamConfig]:
    found = []
    for which in ("sub", "main"):
        clip = clips / f"{entry.clip}.{which}.mp4"
        if which == "sub" and not clip.is_file():
            raise SiteError(f"fleet: {entry.terminal}: {clip} is missing; wanted: a clip")
        if clip.is_file():
            found.append(
                StreamConfig(
                    path=f"/{entry.terminal}/{which}",
                    clip=clip.resolve(),
                    phase_s=entry.phase.total_seconds(),
                    user=entry.user,
                    password=SecretStr(entry.password) if entry.password is not None else None,
                )
            )
    return found


def with_real_urls(terminals: tuple[Terminal, ...], fleet: FleetProcess | None) -> tuple[Terminal, ...]:
    """`fleet:/path` becomes the address at which the fleet serves it."""

    def real(url: str | None) -> str | None:
        if url is None or not url.startswith(_SCHEME):
            return url
        if fleet is None:
            raise SiteError(f"{url}: the site has no fleet; wanted: files.fleet in site.yaml, or an rtsp:// address")
        try:
            return fleet.url(url.removeprefix(_SCHEME))
        except KeyError as error:
            raise SiteError(f"{url}: the fleet has no such stream") from error

    return tuple(replace(t, sub_url=real(t.sub_url), main_url=real(t.main_url)) for t in terminals)
