"""Where the demo zone lies: in the checkout, or in the installed wheel."""

from importlib.resources import files
from pathlib import Path

from fusion.types.errors import SiteError


def demo_zone() -> Path:
    """The folder of the demo zone."""
    package = Path(str(files("fusion")))
    for folder in (package / "data" / "demo", package.parent / "configs" / "demo"):
        if (folder / "site.yaml").is_file():
            return folder
    raise SiteError("demo zone: not found; wanted: a site's folder as argument")
