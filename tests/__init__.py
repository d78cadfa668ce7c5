"""The tests; run by pytest, and those under `unit` that are `unittest.TestCase`s by `python -m unittest` as well."""

import os

from hypothesis import settings

# No deadline: the machines are shared, and a slow moment is no bug. In CI the same examples every time: flaky is broken.
settings.register_profile("ritournelle", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("ritournelle")
