"""Opening, migrating, and being away."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.engine import URL

from fusion.storage import Store, StoreConfig
from fusion.storage.schema import METADATA
from fusion.types.errors import PeerFault, SiteError

from .postgres import PASSWORD, Cluster
from .things import NOON, a_message


def test_the_migrations_make_the_schema_that_the_code_has(store: Store) -> None:
    with store._db.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_a_database_that_is_up_to_date_is_opened_as_it_is(store: Store, opened: Callable[[], Store]) -> None:
    with store.transaction() as unit:
        unit.send(a_message("m"), NOON)
    assert [message.id for message in opened().unsent()] == ["m"]


def test_a_schema_of_another_version_is_refused_in_words(store: Store, url: URL) -> None:
    with store._db.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'of the future'"))
    with pytest.raises(SiteError, match=r"another version of fusion.*'of the future'.*wanted") as refused:
        Store(url)
    assert PASSWORD not in str(refused.value)


def test_sqlite_syncs_each_commit_and_keeps_foreign_keys(tmp_path: Path) -> None:
    store = Store(URL.create("sqlite", database=str(tmp_path / "fusion.db")))
    with store._db.reading() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous", "foreign_keys")
        ]
    store.close()
    assert found == ["wal", 2, 1]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PeerFault, match=r"store sqlite:.*none/fusion\.db: unable to open database file"):
        Store(URL.create("sqlite", database=str(tmp_path / "none" / "fusion.db")))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "fusion.db").write_bytes(b"not a database" * 100)
    with pytest.raises(PeerFault, match="file is not a database"):
        Store(URL.create("sqlite", database=str(tmp_path / "fusion.db")))


def test_a_store_that_somebody_locks_says_so_and_is_well_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fusion.storage.database._BUSY_S", 0)
    store = Store(URL.create("sqlite", database=str(tmp_path / "fusion.db")))
    with closing(sqlite3.connect(tmp_path / "fusion.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(PeerFault, match="database is locked"), store.transaction():
            pass
        assert (store.well, store.detail) == (False, "database is locked")
    with store.transaction() as unit:
        unit.send(a_message("m"), NOON)
    assert store.detail == ""
    store.close()


def test_a_postgresql_that_goes_away_says_so_and_is_well_again_later(postgres: Cluster) -> None:
    store = Store(postgres.database())
    with store.transaction() as unit:
        unit.send(a_message("before"), NOON)
    postgres.stop()
    with pytest.raises(PeerFault, match=r"store postgresql\+psycopg://fusion:\*\*\*@127") as away:
        store.unsent()
    assert PASSWORD not in str(away.value)
    assert store.detail
    postgres.start()
    assert [message.id for message in store.unsent()] == ["before"]
    assert store.detail == ""
    store.close()


def test_a_wrong_password_is_refused_without_showing_it(postgres: Cluster) -> None:
    with pytest.raises(PeerFault, match="password authentication failed") as refused:
        Store(postgres.database().set(password="secret-4"))
    assert "secret-4" not in str(refused.value)


def test_a_site_names_its_store(tmp_path: Path) -> None:
    (tmp_path / "store.password").write_text("p@ss\n")
    embedded = StoreConfig().resolved(tmp_path, tmp_path / "data")
    assert embedded == URL.create("sqlite", database=str(tmp_path / "data" / "fusion.db"))
    real = StoreConfig(url="postgresql://fusion@db.example/fusion", password_file="store.password")
    assert real.resolved(tmp_path, tmp_path).render_as_string(hide_password=False) == (
        "postgresql+psycopg://fusion:p%40ss@db.example/fusion"
    )


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense", "sqlite://", "sqlite:///:memory:", ""])
def test_what_is_no_store_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"store\.url: .*; wanted: sqlite"):
        StoreConfig(url=url).resolved(tmp_path, tmp_path)


def test_a_password_file_that_is_missing_is_named(tmp_path: Path) -> None:
    config = StoreConfig(url="postgresql://h/d", password_file="none")
    with pytest.raises(SiteError, match=r"store\.password_file: none: No such file"):
        config.resolved(tmp_path, tmp_path)
