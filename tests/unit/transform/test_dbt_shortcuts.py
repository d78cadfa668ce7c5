"""What dbt is spared of says the same as dbt's own: contexts, ephemeral models, results, sessions, flags."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest.mock import patch

from ritournelle.transform.dbt_classes import compile_when_needed

compile_when_needed()  # before dbt and mashumaro are imported, hence the imports below it

# pylint: disable=wrong-import-position
import duckdb
from dbt import compilation
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.artifacts.resources.v1.components import InjectedCTE
from dbt.clients.jinja import MacroStack
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.contracts.graph.nodes import Macro
from dbt.exceptions import DuplicateMacroNameError
from dbt_common.behavior_flags import Behavior
from dbt_common.clients import agate_helper

from ritournelle.transform import dbt_contexts, dbt_ctes, dbt_events, dbt_sessions, dbt_tables

# pylint: enable=wrong-import-position

# pylint: disable=protected-access  # what takes the place of dbt's own has no other name


class ContextsTest(unittest.TestCase):
    """`dbt_contexts`."""

    MACROS = {
        package: {name: Macro(name, "macro", package, "p", "p", f"macro.{package}.{name}", "") for name in names}
        for package, names in {
            "dbt": ("a", "b", "c"),
            "dbt_duckdb": ("b",),
            "mine": ("c", "d"),
            "other": ("d", "e"),
            "root": ("e", "f"),
        }.items()
    }

    def _namespace(self) -> MacroNamespace:
        builder = MacroNamespaceBuilder("root", "mine", MacroStack(), ["dbt_duckdb", "dbt"], None)
        return builder.build_namespace(self.MACROS, {})

    def test_a_name_means_the_same_macro(self) -> None:
        before = self._namespace()
        with patch.object(MacroNamespaceBuilder, "add_macros", dbt_contexts._add_macros):
            after = self._namespace()
        flat: dict[str, Any] = {}
        for macros in reversed(list(after._search_order())):
            flat.update(macros)
        self.assertEqual(set(before), set(flat))
        for name in "abcdef":
            self.assertIs(flat[name].macro, before[name].macro)  # type: ignore[union-attr]
            self.assertIs(after[name].macro, before[name].macro)  # type: ignore[union-attr]
        for package in ("dbt", "mine", "other", "root"):
            self.assertEqual(set(flat[package]), set(before[package]))  # type: ignore[arg-type]

    def test_a_name_that_is_there_twice_is_refused(self) -> None:
        builder = MacroNamespaceBuilder("root", "mine", MacroStack(), ["dbt"], None)
        twice = [*self.MACROS["mine"].values(), *self.MACROS["mine"].values()]
        with self.assertRaises(DuplicateMacroNameError):
            dbt_contexts._add_macros(builder, twice, {})


class CtesTest(unittest.TestCase):
    """`dbt_ctes`."""

    CTES = (InjectedCTE("a", " __dbt__cte__a as (\nselect 1\n)"), InjectedCTE("b", " __dbt__cte__b as (select 2)"))

    def test_the_text_is_dbts(self) -> None:
        for sql in (
            "with x as (select 1) select * from x",
            "\n\n  WITH x as (\n    select 1\n)\nselect * from x\n",
            "with\nx as (select 'a') select * from x",
            "with -- why\n  x as (select 1) select * from x",
            "with\trecursive\nx as (select 1) select * from x",
            "with recursive x as (select 1) select * from x",
            "with  recursive x as (select 1) select * from x",
            "select 1",
            "  select 1\n",
            "-- why; and how\nselect 1",
            "-- why; and how\n-- with\n\nwith\n\nx as (select 1) select * from x",
            "--\n  -- why\nwith x as (select 1) select * from x",
            "-- only this",
            "/* why */ with x as (select 1) select * from x",
            "/* why */ select 1",
            "select * from t with ordinality",
            "without as (select 1)",
            "-- why\nwith x as (select 1) select * from x",
            "with x as (select ';') select * from x",
            "with x as (select 1) select * from x; select 2",
            "{# #}",
        ):
            for ctes in ((), self.CTES[:1], self.CTES):
                with self.subTest(sql=sql, ctes=len(ctes)):
                    self.assertEqual(dbt_ctes._inject(sql, ctes), dbt_ctes._inject_as_ever(sql, list(ctes)))

    def test_the_common_form_is_not_taken_apart(self) -> None:
        with patch.object(compilation.sqlparse, "parse") as parsed:
            dbt_ctes._inject("-- why\n\nwith x as (select 1) select * from x", self.CTES)
            dbt_ctes._inject("-- why\nselect 1", self.CTES)
        self.assertEqual(parsed.call_count, 0)


class TablesTest(unittest.TestCase):
    """`dbt_tables`."""

    def test_types_are_found_as_before(self) -> None:
        rows = [
            {"a": 1, "b": "2020-01-02", "c": None, "d": 1.5, "e": "null"},
            {"a": 2, "b": "x", "c": None, "d": 2, "e": ""},
        ]

        def found() -> Any:
            table = agate_helper.table_from_data_flat(rows, list(rows[0]))
            return [type(one) for one in table.column_types], [tuple(row) for row in table.rows]

        before = found()
        with patch.object(agate_helper, "build_type_tester", dbt_tables._types):
            self.assertEqual([found(), found()], [before, before])


class SessionsTest(unittest.TestCase):
    """`dbt_sessions`."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "w.duckdb"
        credentials = DuckDBCredentials(
            database="w", schema="main", path=str(self.path), settings={"TimeZone": "Asia/Tokyo"}
        )
        self.environment = dbt_sessions._Environment(credentials)
        self.addCleanup(self.environment.close)

    def _after(self, *statements: str) -> Any:
        """Whether the session after these statements is the one that they ran in."""
        first = self.environment.handle()
        session = first.cursor().session
        for statement in statements:
            first.cursor().execute(statement)
        first.close()
        second = self.environment.handle()
        same = second.cursor().session is session
        self.assertEqual(second.cursor().execute("select current_setting('TimeZone')").fetchone(), ("Asia/Tokyo",))
        second.close()
        return same

    def test_a_session_that_was_left_as_it_was_goes_on(self) -> None:
        self.assertTrue(self._after("select 1", "create or replace table t as select 1 as a", "drop table t"))
        self.assertTrue(self._after())

    def test_one_in_which_something_was_left_does_not(self) -> None:
        for statement in (
            "create temp table t as select 1",
            "CREATE TEMPORARY TABLE t as select 1",
            "set TimeZone = 'UTC'",
            "set variable x = 1",
            "prepare p as select 1",
        ):
            with self.subTest(statement):
                self.assertFalse(self._after(statement))

    def test_one_in_which_something_failed_does_not(self) -> None:
        handle = self.environment.handle()
        session = handle.cursor().session
        with self.assertRaises(duckdb.Error):
            handle.cursor().execute("select nothing_of_that_name")
        handle.close()
        with self.assertRaises(duckdb.Error):
            session.execute("select 1")  # it is closed

    def test_a_rollback_leaves_it_as_it_was(self) -> None:
        handle = self.environment.handle()
        session = handle.cursor().session
        handle.cursor().execute("begin")
        handle.cursor().execute("create table t as select 1")
        handle.rollback()
        handle.close()
        self.assertIs(self.environment.handle().cursor().session, session)
        with self.assertRaisesRegex(duckdb.Error, "t does not exist"):
            session.execute("select * from t")

    def test_closed_it_lets_go_of_the_file(self) -> None:
        self._after("create table t as select 1")
        self.environment.close()
        with duckdb.connect(str(self.path), config={"threads": 1}) as other:  # refused while it is open otherwise
            self.assertEqual(other.execute("select * from t").fetchall(), [(1,)])


class FlagsTest(unittest.TestCase):
    """`dbt_events`."""

    def test_a_flag_is_of_the_module_that_has_it(self) -> None:
        before = _flag()
        with patch(
            "dbt_common.behavior_flags.BehaviorFlagRendered._default_source", staticmethod(dbt_events._module_that_asks)
        ):
            after = _flag()
        self.assertEqual((before, after), (__name__, __name__))


def _flag() -> str:
    behavior = Behavior([{"name": "f", "default": True, "description": "d"}], {})  # type: ignore[typeddict-item]
    return str(behavior._flags[0]._behavior_change_event.flag_source)


if __name__ == "__main__":
    unittest.main()
