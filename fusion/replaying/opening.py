"""Where a replay reads from: a site's folder, or the data folder of one with the site beside it."""

from dataclasses import dataclass
from pathlib import Path

from fusion.replaying.replay import Source
from fusion.settings.site import SITE_FILE, Site, read_site
from fusion.storage import Store, StoreConfig
from fusion.types.errors import SiteError

_SQLITE = "fusion.db"


@dataclass(frozen=True, slots=True)
class Opened:
    """A site and its state."""

    site: Site
    source: Source


def open_state(where: Path, site_folder: Path | None = None) -> Opened:
    """Open a site's own state, or a state folder (a copy, say) with a site.

    Args:
        where: a folder with site.yaml, or one with fusion.db and evidence.
        site_folder: the site, where `where` is a state.

    Raises:
        SiteError: there is nothing of the kind there.
        PeerFault: the site's database cannot be reached.
    """
    if (where / SITE_FILE).is_file():
        site = read_site(where)
        url = site.config.store.resolved(site.folder, site.data)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise SiteError(f"{where}: nothing was told yet: {url.database} is not there; wanted: a site that has run")
        return Opened(site, Source(Store(url), site.data / "evidence"))
    if not (where / _SQLITE).is_file():
        raise SiteError(
            f"{where}: neither {SITE_FILE} nor {_SQLITE} in it; wanted: a site's folder, or its data folder"
        )
    if site_folder is None:
        raise SiteError(f"{where}: a state without its site; wanted: --site with the folder of site.yaml")
    site = read_site(site_folder)
    return Opened(site, Source(Store(StoreConfig().resolved(where, where)), where / "evidence"))
