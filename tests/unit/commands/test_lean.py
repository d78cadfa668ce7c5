"""What an ingesting process leaves out: tried in processes of their own, for it changes the whole interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BEFORE = """
import gc, os, sys
from ritournelle.commands.lean import leave_out_what_ingesting_never_uses
leave_out_what_ingesting_never_uses()
"""
LISTS_AND_PARAMETERS = """
import pyarrow, duckdb
assert pyarrow.array([1, None]).to_pylist() == [1, None]
assert duckdb.connect().execute("SELECT ?, ?", [1, "a"]).fetchall() == [(1, "a")]
print("pandas" in sys.modules, gc.get_threshold()[0], os.environ["OPENBLAS_NUM_THREADS"])
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)


COMPARED_FUNCTIONS = """
import sys
import pyarrow.compute as whole
from ritournelle.commands.lean_arrow import wrap_compute_functions_when_used
del sys.modules["pyarrow.compute"]
wrap_compute_functions_when_used()
import pyarrow.compute as lean
few = len(vars(lean)) < len(vars(whole)) - 200
def told(function):
    said = getattr(function, "__signature__", None), getattr(function, "__arrow_compute_function__", None)
    return function.__name__, function.__doc__, *map(str, said)
names = [name for name, value in vars(whole).items() if callable(value)]
other = [name for name in names if told(getattr(lean, name)) != told(getattr(whole, name))]
both = ["hash_sum", "count_all", "nonsense", "and", "and_", "sum"]
print(few, other, [name for name in both if hasattr(lean, name) != hasattr(whole, name)])
"""
CLASSES_KEPT = """
import builtins, os, sys
os.environ["XDG_CACHE_HOME"] = sys.argv[1]
from ritournelle.commands.lean import data_classes_kept
import dataclasses
usual, compiled = builtins.compile, []
builtins.compile = lambda *of, **how: compiled.append(of) or usual(*of, **how)
with data_classes_kept("ingest"):
    @dataclasses.dataclass
    class A:
        b: int
print(A(1), bool(compiled))
"""
DAY = """
import sys
sys.path.insert(0, sys.argv[1])
from ritournelle.commands.lean import ended_at_once, leave_out_what_is_not_needed
verb = sys.argv[2]
leave_out_what_is_not_needed(verb)
"""
ENDING = """
import atexit
class Held:
    def __del__(self): print("taken down")
held = Held()
atexit.register(print, "at exit")
with ended_at_once(verb):
    print("written", end=" ")
    sys.exit(3)
"""
LISTS_OF_A_MODULE = """
import asking
print("pandas" in sys.modules)
import pandas
print(pandas.Series([1]).sum())
"""


class LeanTest(unittest.TestCase):
    def test_lists_and_parameters_do_not_bring_pandas_in(self) -> None:
        done = run(BEFORE + LISTS_AND_PARAMETERS)
        self.assertEqual(done.stdout, "False 100000 1\n", done.stderr)

    def test_what_is_left_until_it_is_used_is_there_then(self) -> None:
        used = "import asyncio\nprint('asyncio.events' in sys.modules, asyncio.run(asyncio.sleep(0, 7)))"
        done = run(BEFORE + used)
        self.assertEqual(done.stdout, "False 7\n", done.stderr)

    def test_what_a_stand_in_lacks_is_that_of_the_module_itself(self) -> None:
        used = "import numpy._typing as t, inspect; print(inspect.getmodule(t.NDArray), t._ArrayLikeInt is not None)"
        done = run(BEFORE + used + "\nimport numpy._typing as real; print(real is t, real.NDArray.__name__)")
        self.assertEqual(done.stdout.splitlines()[1], "False ndarray", done.stderr)
        self.assertTrue(done.stdout.splitlines()[0].endswith(" True"), done.stderr)

    def test_tables_need_no_data_sets(self) -> None:
        used = "import pyarrow, duckdb; t = pyarrow.table({'a': [1, 1]}); print(t.group_by('a').aggregate([]).num_rows,"
        told = " duckdb.sql('SELECT sum(a) FROM t').fetchall(), 'pyarrow._dataset' in sys.modules)"
        done = run(BEFORE + "__name__ = 'ritournelle.asking'\n" + used + told)
        self.assertEqual(done.stdout, "1 [(2,)] False\n", done.stderr)

    def test_a_thread_of_a_library_without_python_code_is_refused_as_well(self) -> None:
        asked = "__name__ = 'importlib.stands for no Python code'\nfound = []\ndef ask():\n"
        tried = "    try: import pyarrow.dataset; found.append(1)\n    except ImportError: found.append(0)\n"
        done = run(BEFORE + asked + tried + "ask(); print(found)")
        self.assertEqual(done.stdout, "[0]\n", done.stderr)

    def test_drivers_find_the_data_sets_without_which_they_take_pyarrow_for_missing(self) -> None:
        asked = (
            "from adbc_driver_manager import dbapi; import pyarrow.dataset as ds; print(dbapi._has_pyarrow, ds.dataset)"
        )
        done = run(BEFORE + asked)
        self.assertRegex(done.stdout, "^True <function dataset", done.stderr)

    def test_compute_functions_are_those_that_arrow_would_have_made(self) -> None:
        done = run(COMPARED_FUNCTIONS)
        self.assertEqual(done.stdout, "True [] []\n", done.stderr)

    def test_databases_and_landed_pages_do_without_what_is_left_out(self) -> None:
        used = "import duckdb, pyarrow.parquet as pq; print(duckdb.connect().execute('SELECT 1').description[0][0])"
        done = run(BEFORE + used + "\nprint(duckdb.STRING, sys.modules.get('pyarrow._s3fs'))")
        self.assertEqual(done.stdout, "1\nNone None\n", done.stderr)

    def test_data_classes_of_the_second_process_are_not_compiled(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            told = [run(CLASSES_KEPT, folder).stdout for _ in range(2)]
            kept = [path.name for path in (Path(folder) / "ritournelle").iterdir()]
        self.assertEqual(told, ["A(b=1) True\n", "A(b=1) False\n"])
        self.assertRegex(" ".join(kept), r"^methods-ingest-[0-9a-f]+\.marshal$")

    def test_other_processes_keep_it(self) -> None:
        done = run("import sys, ritournelle.commands.lean, pandas; print(pandas.Series([1]).sum())")
        self.assertEqual(done.stdout, "1\n", done.stderr)

    def test_the_limit_that_somebody_set_stays(self) -> None:
        done = run("import os; os.environ['OPENBLAS_NUM_THREADS'] = '3'" + BEFORE + LISTS_AND_PARAMETERS)
        self.assertEqual(done.stdout, "False 100000 3\n", done.stderr)

    def test_a_day_leaves_pandas_to_those_who_import_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder) / "pyarrow_asks"
            package.mkdir()
            (package / "__init__.py").write_text("import pyarrow; pyarrow.array([1])")
            done = run(DAY + LISTS_OF_A_MODULE.replace("asking", package.name), folder, "run")
        self.assertEqual(done.stdout, "False\n1\n", done.stderr)

    def test_a_day_ends_at_once_and_other_verbs_as_ever(self) -> None:
        for verb, told in (("run", ["written at exit"]), ("health", ["written at exit", "taken down"])):
            done = run(DAY + ENDING, "", verb)
            self.assertEqual((done.stdout.splitlines(), done.returncode), (told, 3), done.stderr)

    def test_the_command_does_so(self) -> None:
        """Tried without an app: the run fails, and is on record, which takes lists, parameters and DuckDB."""
        program = [sys.executable, "-X", "importtime", "-m", "ritournelle", "ingest", "--json"]
        with tempfile.TemporaryDirectory() as home:
            nobody = {"RITOURNELLE_SOURCE__URL": "http://127.0.0.1:9", "RITOURNELLE_SOURCE__RETRIES": "0"}
            environment = os.environ | nobody | {"RITOURNELLE_HOME": home}
            done = subprocess.run(program, env=environment, cwd=home, capture_output=True, text=True, check=False)
        self.assertIn('"status": "failed"', done.stdout)
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        self.assertLess({"pyarrow.lib", "_duckdb"}, imported)
        self.assertFalse(imported & {"pandas._libs", "pandas.core"}, "tried in vain is well, imported is not")
        self.assertFalse(imported & {"pyarrow._dataset", "asyncio.events", "rich", "numpy.ma"})
