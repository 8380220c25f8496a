"""The manifest of a models folder: what each file is, and whether it is really that file."""

import hashlib
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator

from fusion.detectors.coco import LISTS
from fusion.plugins import Config
from fusion.types.errors import SiteError

MANIFEST = "manifest.toml"
_FOUND_SHOWN = 80  #: characters of a wrong value that an error shows
_Side = Annotated[int, Field(gt=0, le=4096)]
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ModelFacts(Config):
    """What must be known of a model to run it; whatever is left out is as the family usually has it.

    The input is (value x scale + shift - mean) / std, value being 0-255; once one of the four is given, the
    others are 1, 0, 0 and 1 and not the family's.
    """

    family: str
    classes: Annotated[tuple[str, ...], Field(min_length=1)]  #: by class index of the output; "" is never reported
    size_px: tuple[_Side, _Side] | None = None  #: width, height of the input; None: the only one that the model takes
    layout: Literal["nchw", "nhwc"] = "nchw"  #: of the input: planes after each other, or pixel by pixel
    fit: Literal["stretch", "letterbox", "corner"] | None = (
        None  #: squashed, or scaled and padded: around, right and below
    )
    pad: Annotated[int, Field(ge=0, le=255)] | None = None  #: the grey of the padding
    channels: Literal["rgb", "bgr"] | None = None
    scale: _Positive | None = None
    shift: _Finite | None = None
    mean: tuple[_Finite, _Finite, _Finite] | None = None  #: by channel, in the order of `channels`
    std: tuple[_Positive, _Positive, _Positive] | None = None
    least_score: Annotated[float, Field(gt=0, lt=1)] = 0.35  #: below it nothing is reported, unless the site says so

    @property
    def scales(self) -> bool:
        """Whether it says anything of the scaling."""
        return any(one is not None for one in (self.scale, self.shift, self.mean, self.std))

    @field_validator("classes", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """A well-known list goes by its name."""
        if not isinstance(value, str):
            return value
        if value not in LISTS:
            raise ValueError(f"wanted a list of names, or one of {', '.join(sorted(LISTS))}; found {value!r}")
        return LISTS[value]


class ModelEntry(ModelFacts):
    """One model as the manifest describes it."""

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]  #: beside the manifest
    sha256: Sha256
    licence: str
    source: str


class OwnModel(ModelFacts):
    """A site's model without a manifest: a file, its family, its classes."""

    file: Annotated[str, Field(pattern=r"^(?:.*/)?[A-Za-z0-9][A-Za-z0-9._-]*$")]  #: relative to the site's folder
    sha256: Sha256 | None = None  #: checked when it is given; the evidence names it in any case
    licence: str = ""
    source: str = ""

    def found(self, site_folder: Path) -> "Model":
        """The model, named after its file; SiteError when there is no such file."""
        path = site_folder / self.file
        digest = self.sha256 or hashlib.sha256(_read(path.stem, path, "the file that own_model names")).hexdigest()
        facts = self.model_dump() | {"file": path.name, "sha256": digest}
        return Model(path.stem, path.parent, ModelEntry.model_validate(facts))


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
        data = _read(self.name, self.path, f"the file that {MANIFEST} lists")
        found = hashlib.sha256(data).hexdigest()
        if found != self.entry.sha256:
            raise SiteError(f"model {self.name}: {self.path} has sha256 {found}; wanted {self.entry.sha256}")
        return data


def _read(name: str, path: Path, wanted: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SiteError(f"model {name}: {path}: {error.strerror}; wanted: {wanted}") from error


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
