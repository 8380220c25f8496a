"""What `fusion learn` works on: a site's cases and evidence, or a folder of its data alone."""

from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy.engine import URL

from fusion.evidence.folder import file_of
from fusion.evidence.keep import Verdict, read_metadata, verify
from fusion.settings.site import SITE_FILE, Site, read_site
from fusion.storage import Store
from fusion.teaching.examples import Gathered, Snapshot, forget, gather
from fusion.teaching.policy import SecondStagePolicy
from fusion.teaching.shelf import Shelf
from fusion.types.errors import SiteError
from fusion.types.sighting import Box
from fusion.types.signal import EvidenceRef

DATABASE = "fusion.db"


def site_teaching(site: Site) -> Path:
    """Where a site's classifier and its crops lie."""
    return site.data / "teaching"


@dataclass(frozen=True, slots=True)
class Taught:
    """Where a site's marks and pictures are, and where its classifier goes."""

    shelf: Shelf
    evidence: Path
    store: URL
    policy: SecondStagePolicy

    @property
    def known(self) -> bool:
        """Whether there is a store; a new one is not made for asking."""
        file = self.store.database
        return self.store.get_backend_name() != "sqlite" or (file is not None and Path(file).is_file())

    def gather(self, today: date) -> Gathered:
        """Cut the crops of cases marked since the last time, and drop those that were kept long enough.

        Raises:
            PeerFault: the store is away, or the disk refuses.
        """
        forget(self.shelf.crops, today - timedelta(days=self.policy.crops_kept.days))
        if not self.known:
            return Gathered()
        with closing(Store(self.store)) as store:
            return gather(store, self._snapshot, self.shelf.crops)

    def _snapshot(self, ref: EvidenceRef) -> Snapshot | None:
        try:
            if verify(self.evidence, ref) is not Verdict.INTACT:
                return None
            said = read_metadata(self.evidence, ref)
            box = Box(*(float(value) for value in said["box"]))
            day = datetime.fromisoformat(said["at_local"]).date()
            return Snapshot(file_of(self.evidence, ref.path).read_bytes(), box, day)
        except (SiteError, OSError, KeyError, TypeError, ValueError):
            return None  # not what fusion kept: nothing is learnt from it


def taught(folder: Path) -> Taught:
    """What is taught in a site's folder (with site.yaml), or in a folder of data (with fusion.db, or with crops).

    Raises:
        SiteError: the site is broken, or the folder is neither.
    """
    if (folder / SITE_FILE).is_file():
        return taught_of(read_site(folder))
    if not (folder / DATABASE).is_file() and not (folder / "teaching").is_dir():
        raise SiteError(
            f"{folder}: neither {SITE_FILE} nor {DATABASE} in it; wanted: a site's folder, or one of its data"
        )
    store = URL.create("sqlite", database=str(folder / DATABASE))
    return Taught(Shelf(folder / "teaching"), folder / "evidence", store, SecondStagePolicy())


def taught_of(site: Site) -> Taught:
    """What is taught in a site that was read."""
    store = site.config.store.resolved(site.folder, site.data)
    return Taught(Shelf(site_teaching(site)), site.data / "evidence", store, site.config.second_stage)
