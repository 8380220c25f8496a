"""The manifest of a models folder: what each file is, and whether it is really that file."""

import hashlib
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from fusion.plugins import Config
from fusion.types.errors import SiteError

MANIFEST = "manifest.toml"
_FOUND_SHOWN = 80  #: characters of a wrong value that an error shows
_Side = Annotated[int, Field(gt=0, le=4096)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]


class ModelEntry(Config):
    """One model as the manifest describes it."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]  #: beside the manifest
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    licence: str
    source: str
    family: str
    size_px: tuple[_Side, _Side]  #: width, height of the input
    layout: Literal["nchw", "nhwc"] = "nchw"  #: of the input: planes after each other, or pixel by pixel
    channels: Literal["rgb", "bgr"] = "rgb"
    scale: _Finite = 1.0  #: the input is value * scale + shift, value being 0-255
    shift: _Finite = 0.0
    least_score: Annotated[float, Field(gt=0, lt=1)] = 0.35  #: below it nothing is reported, unless the site says so
    classes: Annotated[tuple[str, ...], Field(min_length=1)]  #: by class index of the output; "" is never reported


@dataclass(frozen=True, slots=True)
class Model:
    """A named model in a folder."""

    name: str
    folder: Path
    entry: ModelEntry

    @property
    def path(self) -> Path:
        """The model's file."""
        return self.folder / self.entry.file

    @property
    def fault(self) -> str | None:
        """What is wrong with the file, or None when it is the one that the manifest means; reads it all."""
        try:
            self.read()
        except SiteError as error:
            return str(error)
        return None

    def read(self) -> bytes:
        """The file's bytes, checked against the manifest in the same read; SiteError otherwise."""
        try:
            data = self.path.read_bytes()
        except OSError as error:
            raise SiteError(
                f"model {self.name}: {self.path}: {error.strerror}; wanted: the file that {MANIFEST} lists"
            ) from error
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
            raise SiteError(f"{path}: {_said(name, error)}") from error
    return models


def _said(name: str, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    key = ".".join(map(str, (name, *first["loc"])))
    match first["type"]:
        case "extra_forbidden":
            return f"{key}: unknown key; valid: {', '.join(ModelEntry.model_fields)}"
        case "missing":
            return f"{key}: missing; wanted: this key with its value"
        case _:
            return f"{key}: {first['msg']}; found {repr(first['input'])[:_FOUND_SHOWN]}"


def find_model(name: str, folder: Path | None = None) -> Model:
    """A model by name, or SiteError that lists the names that there are."""
    place = folder or shipped_models()
    models = read_manifest(place)
    if name not in models:
        raise SiteError(f"model {name!r}: not in {place / MANIFEST}; valid: {', '.join(sorted(models)) or 'none'}")
    return models[name]
