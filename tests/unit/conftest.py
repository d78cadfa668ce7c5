"""Unit tests touch no network: whatever opens a socket, but for an event loop's own pair, fails."""

from __future__ import annotations

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def _no_network() -> None:
    pytest_socket.disable_socket(allow_unix_socket=True)
