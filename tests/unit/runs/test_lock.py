"""One run at a time, and a lock that no crash leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ritournelle
from ritournelle.errors import RunInProgressError, TransientError
from ritournelle.runs.lock import is_run_under_way, single_run

HOLD = """
import sys, time
from pathlib import Path
from ritournelle.runs.lock import single_run
with single_run(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of a home until it is killed."""
    source = str(Path(ritournelle.__file__).parents[1])
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": source}
    ) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_second_process_is_refused_and_told_which_one_holds_it(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    with holder(home) as process:
        with pytest.raises(RunInProgressError, match=rf"run.lock \(process {process.pid}\); wait until") as caught:
            with single_run(home):
                raise AssertionError("never inside")
        assert isinstance(caught.value, TransientError)


def test_sigkill_frees_it(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with single_run(tmp_path):
            assert (tmp_path / "run.lock").read_text() == f"{os.getpid()}\n"


def test_it_is_free_after_the_block_and_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), single_run(tmp_path):
            raise ZeroDivisionError
    with single_run(tmp_path):
        pass


def test_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with single_run(tmp_path), pytest.raises(RunInProgressError, match=f"process {os.getpid()}"):
        with single_run(tmp_path):
            raise AssertionError("never inside")


def test_homes_do_not_hinder_each_other(tmp_path: Path) -> None:
    with single_run(tmp_path / "one"), single_run(tmp_path / "other"):
        pass


def test_a_holder_that_is_not_named(tmp_path: Path) -> None:
    with holder(tmp_path):
        (tmp_path / "run.lock").write_bytes(b"")
        with pytest.raises(RunInProgressError, match="process unknown"):
            with single_run(tmp_path):
                raise AssertionError("never inside")


def test_whether_a_run_is_under_way_can_be_asked_without_being_in_its_way(tmp_path: Path) -> None:
    assert not is_run_under_way(tmp_path)
    with holder(tmp_path) as process:
        assert is_run_under_way(tmp_path)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert not is_run_under_way(tmp_path)
    with single_run(tmp_path):
        assert is_run_under_way(tmp_path)
    assert not is_run_under_way(tmp_path)


def test_a_holder_that_cannot_be_seen_is_found_by_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path):
        (tmp_path / "run.lock").write_text("")  # as from another container, whose processes have other numbers
        assert is_run_under_way(tmp_path)
