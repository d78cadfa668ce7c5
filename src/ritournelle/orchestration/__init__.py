"""The day as Dagster sees it: `dagster dev -m ritournelle.orchestration`. A shell; all work is that of `Day`.

Needs the extra `orchestration`. Nothing else of the package knows Dagster.
"""

from __future__ import annotations

from functools import cache

import dagster as dg


@dg.definitions
@cache  # Dagster asks five times per process, 0.3 s of CPU each
def defs() -> dg.Definitions:
    """Everything that Dagster is to know, from the settings in force; built when Dagster asks for it, not on import."""
    from ritournelle.orchestration.definitions import definitions_of
    from ritournelle.settings import load_settings

    return definitions_of(load_settings())
