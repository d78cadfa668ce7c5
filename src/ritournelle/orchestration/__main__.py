"""`python -m ritournelle.orchestration` makes the folder for `DAGSTER_HOME` in the home, once, and prints its path."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from ritournelle.settings import load_settings

INSTANCE = Path(__file__).with_name("dagster.yaml")


def prepare(home: Path) -> Path:
    """The folder, absolute, with the shipped `dagster.yaml`; one that is there already stays as it is."""
    folder = home.absolute() / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / INSTANCE.name).exists():
        copyfile(INSTANCE, folder / INSTANCE.name)
    return folder


if __name__ == "__main__":
    print(prepare(load_settings().home))
