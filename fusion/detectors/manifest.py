"""The manifest of a models folder: what each file is, and whether it is really that file."""

import hashlib
import tomllib
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from fusion.plugins import Config
from fusion.types.errors import SiteError

MANIFEST = "manifest.toml"
_CHUNK_BYTES = 1 << 20


class ModelEntry(Config):
    """One model as the manifest describes it."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    licence: str
    source: str
    family: str
    size_px: tuple[Annotated[int, Field(gt=0, le=4096)], Annotated[int, Field(gt=0, le=4096)]]  #: width, height
    channels: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1.0  #: the input is value * scale + shift
    shift: float = 0.0
    classes: tuple[str, ...]  #: by class index of the model's output; "" is never reported


@dataclass(frozen=True)
class Model:
    """A named model in a folder."""

    name: str
    folder: Path
    entry: ModelEntry

    @property
    def path(self) -> Path:
        """The model's file."""
        return self.folder / self.entry.file

    @cached_property
    def fault(self) -> str | None:
        """What is wrong with the file, or None; reads it once."""
        if not self.path.is_file():
            return f"model {self.name}: {self.path} is missing; wanted: the file that {MANIFEST} lists"
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
        if digest.hexdigest() != self.entry.sha256:
            return f"model {self.name}: {self.path} has sha256 {digest.hexdigest()}; wanted {self.entry.sha256}"
        return None

    def read(self) -> bytes:
        """The file's bytes, checked against the manifest in the same read; SiteError otherwise."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise SiteError(f"model {self.name}: {self.path}: {error.strerror}; wanted: the listed file") from error
        found = hashlib.sha256(data).hexdigest()
        if found != self.entry.sha256:
            raise SiteError(f"model {self.name}: {self.path} has sha256 {found}; wanted {self.entry.sha256}")
        return data


def shipped_models() -> Path:
    """The models folder of the checkout, or of the installed wheel."""
    packaged = Path(str(files("fusion"))) / "data" / "models"
    return packaged if packaged.is_dir() else Path(str(files("fusion"))).parent / "models"


def read_manifest(folder: Path) -> dict[str, Model]:
    """Every model of a folder, by name; one SiteError that names file, key and what is wanted."""
    path = folder / MANIFEST
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteError(f"{path}: {error.strerror}; wanted: a models folder with {MANIFEST}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SiteError(f"{path}: not TOML: {error}") from error
    models = {}
    for name, table in document.items():
        try:
            models[name] = Model(name, folder, ModelEntry.model_validate(table))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            key = ".".join(map(str, (name, *first["loc"])))
            raise SiteError(f"{path}: {key}: {first['msg']}") from error
    return models


def find_model(name: str, folder: Path | None = None) -> Model:
    """A model by name, or SiteError that lists the names that there are."""
    models = read_manifest(folder or shipped_models())
    if name not in models:
        raise SiteError(f"model {name!r}: not in {folder or shipped_models()}; valid: {', '.join(sorted(models))}")
    return models[name]
