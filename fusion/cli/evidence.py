"""`fusion evidence`."""

import getpass
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fusion.app.keeping import Keeping
from fusion.cli.sites import demo_zone
from fusion.evidence.chain import head_of
from fusion.evidence.check import check
from fusion.evidence.keys import Key, read_public
from fusion.evidence.seals import KeyMade
from fusion.settings.site import Site, read_site
from fusion.storage import Store
from fusion.types.case import Case
from fusion.types.errors import SiteError

_HEAD = re.compile(r"([1-9]\d{0,8}):([0-9a-f]{64})")
_LARGEST_PEM = 65_536

SiteOption = Annotated[Path | None, typer.Option("--site", help="The site's folder; the demo zone if left out.")]
CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="The case's number or id.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why; stands in the history and in the seal.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Seal, check, hold and give out evidence.")
    group.command("verify", epilog="Example: fusion evidence verify case.zip --key public.pem")(verify)
    group.command("export", epilog="Example: fusion evidence export 2026-11-24-0007 --out case.zip")(export)
    group.command("keys", epilog="Example: fusion evidence keys --site configs/demo > public.pem")(keys)
    group.command("rotate-key", epilog="Example: fusion evidence rotate-key --site configs/demo")(rotate_key)
    group.command("hold", epilog='Example: fusion evidence hold 2026-11-24-0007 --why "court case 12"')(hold)
    group.command("release", epilog='Example: fusion evidence release 2026-11-24-0007 --why "judged"')(release)
    group.command("holds", epilog="Example: fusion evidence holds --site configs/demo")(holds)
    app.add_typer(group, name="evidence", epilog="Example: fusion evidence verify case.zip --key public.pem")


def verify(
    path: Annotated[Path, typer.Argument(help="A package (ZIP or folder), or a whole evidence folder.")],
    *,
    key: Annotated[Path | None, typer.Option(help="Public key (PEM) that you have from elsewhere.")] = None,
    head: Annotated[
        str | None, typer.Option(help="N:SHA256 of a seal that was noted down: then a cut at the end is found.")
    ] = None,
    lang: Annotated[str | None, typer.Option(help="zh or en; by LANG if left out.")] = None,
) -> None:
    """Check evidence offline: 0 when it is intact, 1 when not, a line for each thing that was found."""
    language = lang or ("zh" if os.environ.get("LANG", "").startswith("zh") else "en")
    if language not in {"zh", "en"}:
        raise typer.BadParameter("wanted: zh or en", param_hint="--lang")
    report = check(path, _public(key) if key else None, _head(head) if head else None)
    for line in report.lines(language):
        print(line)
    if not report.intact:
        raise typer.Exit(1)


def export(
    case: CaseArgument,
    *,
    out: Annotated[Path | None, typer.Option(help="The ZIP to write; evidence-NUMBER.zip if left out.")] = None,
    site: SiteOption = None,
) -> None:
    """Write everything of a case into one ZIP, with a page to read and all that is needed to verify it."""
    with _keeping(site) as (keeping, store):
        found = _case(store, case)
        path = out or Path(f"evidence-{found.number}.zip")
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        try:
            with draft.open("wb+") as file:
                keeping.exporter.write(found, file, _actor())
            draft.replace(path)
        except OSError as error:
            raise SiteError(f"{path}: {error.strerror}; wanted: a file in a folder that can be written") from error
        finally:
            draft.unlink(missing_ok=True)
        print(f"{path}: case {found.number}, {path.stat().st_size} bytes")


def keys(site: SiteOption = None) -> None:
    """Print the public key (PEM), and beside it all keys so far and the chain's end, to be noted down elsewhere."""
    with _keeping(site) as (keeping, _store):
        seals = [seal for seal in keeping.chain.since(1) if isinstance(seal.entry.what, KeyMade)]
        if not seals:
            raise SiteError(f"{keeping.folder}: no key yet; it is made with the first seal")
        for seal in seals:
            typer.echo(f"key {head_of(seal).key} since {seal.entry.at} (seal {seal.entry.seq})", err=True)
        end = keeping.chain.head()
        if end is not None:
            typer.echo(f"head {end.seq}:{end.sha256}", err=True)
        what = seals[-1].entry.what
        print(Key(bytes.fromhex(what.public)).pem.decode() if isinstance(what, KeyMade) else "", end="")


def rotate_key(site: SiteOption = None) -> None:
    """Sign with a new key from now on; the old one signs for it, and its private half is destroyed."""
    with _keeping(site) as (keeping, _store):
        seal = keeping.custody.rotate()
        print(f"key {head_of(seal).key} signs from seal {seal.entry.seq + 1} on; key {seal.entry.key} signed for it")


def hold(case: CaseArgument, *, why: WhyOption, site: SiteOption = None) -> None:
    """Keep the files of a case whatever the retention says, until it is released."""
    with _keeping(site) as (keeping, store):
        found = _case(store, case)
        keeping.custody.hold(found, _said(why), _actor())
        print(f"case {found.number}: held")


def release(case: CaseArgument, *, why: WhyOption, site: SiteOption = None) -> None:
    """End the hold of a case."""
    with _keeping(site) as (keeping, store):
        found = _case(store, case)
        keeping.custody.release(found, _said(why), _actor())
        print(f"case {found.number}: released")


def holds(site: SiteOption = None) -> None:
    """Print all cases that are held: since when, by whom, why."""
    with _keeping(site) as (_, store):
        for one in store.seals.holds():
            found = store.case(one.case_id)
            print(f"{found[0].number if found else one.case_id}\t{one.at:%Y-%m-%dT%H:%M:%SZ}\t{one.actor}\t{one.why}")


@contextmanager
def _keeping(folder: Path | None) -> Iterator[tuple[Keeping, Store]]:
    site = read_site(folder or demo_zone())
    if folder is None:
        site = replace(site, data_override=Path.cwd() / "var" / "demo")
    _check_there(site)
    store = Store(site.config.store.resolved(site.folder, site.data))
    try:
        yield Keeping(site, store), store
    finally:
        store.close()


def _check_there(site: Site) -> None:
    if not site.data.is_dir():
        raise SiteError(f"{site.data}: there is none; wanted: the data of a site that ran (fusion run)")


def _case(store: Store, name: str) -> Case:
    found = store.case_named(name)
    if found is None:
        raise SiteError(f"case {name[:64]!r}: there is none; wanted: a number such as 2026-11-24-0007, or an id")
    return found


def _said(why: str) -> str:
    text = " ".join(why.split())
    if not 1 <= len(text) <= 1000:
        raise SiteError("--why: wanted: a sentence of 1 to 1000 characters")
    return text


def _actor() -> str:
    try:
        return f"host:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"host:{os.geteuid()}"


def _public(path: Path) -> Key:
    try:
        with path.open("rb") as file:
            return read_public(file.read(_LARGEST_PEM), str(path))
    except OSError as error:
        raise SiteError(f"{path}: {error.strerror}; wanted: the PEM file of a public key") from error


def _head(text: str) -> tuple[int, str]:
    match = _HEAD.fullmatch(text)
    if match is None:
        raise SiteError(f"--head: {text[:100]!r}; wanted: N:SHA256, as fusion evidence keys prints it")
    return int(match.group(1)), match.group(2)
