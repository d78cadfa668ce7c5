"""What is particular to PostgreSQL: one writer across machines, publications in schemas, a server that may be away."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pytest

import ritournelle
from ritournelle.bootstrap import Platform
from ritournelle.errors import PermanentError, RunInProgressError, TransientError, WarehouseBusyError, WarehouseError
from ritournelle.settings import load_settings
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.connect import connect, connect_published, publication_name, sole_run, sole_writer
from ritournelle.warehouse.publication_watch import ASK_AGAIN_SECONDS, PublicationWatch, version_of
from ritournelle.warehouse.tables import RECOMMENDATIONS, TABLES
from tests.services.postgres_server import PASSWORD, USER, PostgresServer

WORDS = Table("marts", "words", pa.schema([("id", pa.int64()), ("word", pa.string())]), key=("id",))


@pytest.fixture(name="url")
def _url(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture(name="warehouse")
def _warehouse(url: str) -> Iterator[Warehouse]:
    with connect(url) as warehouse:
        warehouse.ensure([WORDS])
        yield warehouse


def publish(warehouse: Warehouse, word: str) -> None:
    """A publication in which the one word is this."""
    warehouse.replace(WORDS, WORDS.rows([{"id": 1, "word": word}]))
    warehouse.publish(["marts", "ops"], word)


def schemas(warehouse: Warehouse) -> list[str]:
    """Schemas of publications."""
    query = "SELECT nspname AS name FROM pg_namespace WHERE nspname ~ '^(published|replaced)_marts' ORDER BY nspname"
    names: list[str] = warehouse.read(query)["name"].to_pylist()
    return names


# Publications


def test_a_publication_keeps_its_name_until_the_next_one(url: str, warehouse: Warehouse) -> None:
    assert publication_name(url) == ""
    publish(warehouse, "night-1")
    first = publication_name(url)
    assert (first, version_of(first), publication_name(url)) == ("night-1~1", "night-1", first)
    publish(warehouse, "night-2")
    assert publication_name(url) == "night-2~2"


def test_a_watch_asks_the_server_no_more_often_than_it_says(url: str, warehouse: Warehouse) -> None:
    now = [0.0]
    watch = PublicationWatch(url, clock=lambda: now[0])
    publish(warehouse, "night-1")
    assert watch() == "night-1~1"
    publish(warehouse, "night-2")
    assert watch() == "night-1~1"
    now[0] += ASK_AGAIN_SECONDS
    deadline = time.monotonic() + 20
    while watch() != "night-2~2":
        assert time.monotonic() < deadline, "a new publication was not seen"
        time.sleep(0.02)


def test_people_read_the_latest_publication_under_a_name_that_stays(url: str, warehouse: Warehouse) -> None:
    for word in ("one", "two"):
        publish(warehouse, word)
        with connect(url, read_only=True) as anybody:
            assert anybody.read("SELECT word FROM published_marts.words")["word"].to_pylist() == [word]
            assert anybody.exists("published_marts", "words")


def test_old_publications_go_when_nobody_reads_them(url: str, warehouse: Warehouse) -> None:
    publish(warehouse, "one")
    with connect_published(url):
        publish(warehouse, "two")
        publish(warehouse, "three")
        kept = ["published_marts", "published_marts_v1", "published_marts_v3", "replaced_marts_v1"]
        assert schemas(warehouse) == kept
    publish(warehouse, "four")
    assert schemas(warehouse) == ["published_marts", "published_marts_v4"]


def test_somebody_in_the_middle_of_a_query_is_not_waited_for(url: str, warehouse: Warehouse) -> None:
    publish(warehouse, "one")
    with adbc.connect(url) as reader, reader.cursor() as cursor:  # a transaction that stays open
        cursor.execute("SELECT word FROM published_marts.words")
        assert cursor.fetch_arrow_table()["word"].to_pylist() == ["one"]
        publish(warehouse, "two")
        assert "replaced_marts_v1" in schemas(warehouse)
        cursor.execute("SELECT word FROM published_marts.words")
        assert cursor.fetch_arrow_table()["word"].to_pylist() == ["two"]
    publish(warehouse, "three")
    assert schemas(warehouse) == ["published_marts", "published_marts_v3"]


def test_a_publication_that_fails_changes_nothing(url: str, warehouse: Warehouse, postgres: PostgresServer) -> None:
    publish(warehouse, "one")
    warehouse.replace(WORDS, WORDS.rows([{"id": 1, "word": "two"}]))
    postgres.execute("CREATE SCHEMA replaced_marts_v1", url=url)  # in the way of the switch, after the copies
    with pytest.raises(WarehouseError, match='schema "replaced_marts_v1" already exists'):
        warehouse.publish(["marts"], "two")
    assert schemas(warehouse) == ["published_marts", "published_marts_v1", "replaced_marts_v1"]
    with connect_published(url) as reader:
        for schema in ("published_marts", reader.schema("marts")):
            assert reader.read(f"SELECT word FROM {schema}.words")["word"].to_pylist() == ["one"]


def test_the_role_of_readers_reads_what_is_published_and_nothing_else(
    url: str, warehouse: Warehouse, postgres: PostgresServer
) -> None:
    postgres.execute("CREATE ROLE ritournelle_readers NOLOGIN")
    postgres.execute(f"CREATE ROLE someone LOGIN PASSWORD '{PASSWORD}' IN ROLE ritournelle_readers")
    publish(warehouse, "one")
    publish(warehouse, "two")
    theirs = url.replace(f"//{USER}:", "//someone:")
    with connect(theirs, read_only=True) as someone:
        assert someone.read("SELECT word FROM published_marts.words")["word"].to_pylist() == ["two"]
        with pytest.raises(WarehouseError, match="permission denied for schema marts"):
            someone.read("SELECT word FROM marts.words")
    with connect_published(theirs) as someone:
        found = someone.read(f"SELECT word FROM {someone.schema('marts')}.words")
        assert found["word"].to_pylist() == ["two"]


def test_published_tables_have_the_indexes_of_the_working_ones(warehouse: Warehouse) -> None:
    warehouse.ensure([RECOMMENDATIONS])
    warehouse.publish(["marts"], "one")
    query = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'published_marts_v1' AND tablename = 'recommendations'"
    (definition,) = warehouse.read(query)["indexdef"].to_pylist()
    assert "(user_id, rank)" in definition.replace('"', "")


# One writer, one run, on whichever machine


def test_dbt_and_a_connection_for_writing_exclude_each_other(url: str) -> None:
    with sole_writer(url):
        with pytest.raises(WarehouseBusyError, match="open for writing in another process; wait for it or stop it"):
            connect(url)
        with pytest.raises(PermanentError):  # readers are let in; there is nothing for them yet
            connect_published(url)
    with connect(url), pytest.raises(WarehouseBusyError), sole_writer(url):
        raise AssertionError("two writers at once")


def test_one_run_at_a_time_for_all_homes_of_a_warehouse(url: str, tmp_path: Path) -> None:
    one, other = (Platform(load_settings(home=tmp_path / name, warehouse={"url": url})) for name in ("one", "other"))
    with one.run_lock():
        one.open_warehouse().close()  # it is the run's own, as often as it likes
        with pytest.raises(RunInProgressError, match="perhaps from another machine"), other.run_lock():
            raise AssertionError("two runs at once")
    with other.run_lock():
        pass


def test_a_killed_run_leaves_no_lock(url: str) -> None:
    script = (
        "import os, signal, sys\nfrom ritournelle.warehouse.connect import sole_run, sole_writer\n"
        "with sole_run(sys.argv[1]), sole_writer(sys.argv[1]):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {"PYTHONPATH": str(Path(ritournelle.__file__).parents[1])}
    assert subprocess.run([sys.executable, "-c", script, url], env=environment, check=False).returncode < 0
    with sole_run(url), sole_writer(url):
        pass


# Errors


def test_a_server_that_does_not_answer_is_a_transient_error_without_the_password(url: str) -> None:
    away = url.replace(f":{url.rpartition(':')[2]}", ":1/nowhere")
    with pytest.raises(TransientError, match="127.0.0.1:1/nowhere does not answer; is the server up") as caught:
        connect(away)
    assert PASSWORD not in str(caught.value)


def test_a_server_that_refuses_is_a_permanent_error_without_the_password(postgres: PostgresServer) -> None:
    for url, reason in {
        postgres.url(password="wrong password"): "password authentication failed",
        postgres.url("nowhere"): 'database "nowhere" does not exist',
    }.items():
        with pytest.raises(PermanentError, match=reason) as caught:
            connect(url)
        assert not [secret for secret in (PASSWORD, "wrong password", "wrong%20") if secret in str(caught.value)]


def test_a_session_that_breaks_is_a_transient_error_and_nothing_is_half_written(
    url: str, warehouse: Warehouse, postgres: PostgresServer
) -> None:
    with pytest.raises(TransientError, match="words|broke|use"), warehouse.transaction():
        warehouse.append(WORDS, WORDS.rows([{"id": 1, "word": "one"}]))
        postgres.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{url.rpartition('/')[2]}'"
        )
        warehouse.append(WORDS, WORDS.rows([{"id": 2, "word": "two"}]))
    with connect(url) as again:
        assert again.read("SELECT * FROM marts.words").num_rows == 0


def test_an_error_that_was_overlooked_undoes_its_transaction(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="aborted"), warehouse.transaction():
        warehouse.append(WORDS, WORDS.rows([{"id": 1, "word": "one"}]))
        with pytest.raises(WarehouseError):
            warehouse.read("SELECT * FROM marts.nothing")
    assert warehouse.read("SELECT * FROM marts.words").num_rows == 0


def test_a_database_that_cannot_lower_letters_is_refused(postgres: PostgresServer) -> None:
    postgres.execute("CREATE DATABASE plain TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(WarehouseError, match="cannot lower letters such as É.*LC_CTYPE 'C.UTF-8'"):
        connect(postgres.url("plain"))


def test_an_empty_database_is_no_warehouse_yet(url: str, tmp_path: Path) -> None:
    platform = Platform(load_settings(home=tmp_path, warehouse={"url": url}))
    with pytest.raises(PermanentError, match="there is no warehouse at 127.0.0.1:.* yet; fill it") as caught:
        platform.read_warehouse()
    assert PASSWORD not in str(caught.value)
    platform.open_warehouse().close()
    platform.read_warehouse().close()


def test_every_table_of_the_platform_can_be_made(url: str) -> None:
    with connect(url) as warehouse:
        warehouse.ensure(TABLES)
        warehouse.ensure(TABLES)
        for table in TABLES:
            assert warehouse.read(f"SELECT * FROM {table}").schema.equals(table.columns), table
