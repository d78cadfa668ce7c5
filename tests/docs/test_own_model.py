"""The model of the how-to is what it says: its contract suite passes, and the platform finds it by its path."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "your-own-model.md"

USE = """
import numpy, pathlib, sys
from scipy.sparse import csr_matrix
from ritournelle.recommenders.factory import create_recommender, load_recommender
from ritournelle.training.plans import plan_of

heard = csr_matrix(numpy.random.default_rng(1).random((30, 20)) < 0.3, dtype=float)
model = create_recommender("my_models.loyal:LoyalRecommender", caution=2.0).fit(heard)
folder = pathlib.Path("saved")
model.save(folder)
loaded = load_recommender(folder)
assert loaded.config.caution == 2.0
assert (loaded.recommend(loaded.fold_in(heard), 3).tracks == model.recommend(model.fold_in(heard), 3).tracks).all()
families = [candidate.family for candidate in plan_of(options={model.address(): {"caution": 10.0}}).candidates]
assert families[-1] == "my_models.loyal:LoyalRecommender" and len(families) > 5
"""


@pytest.fixture(name="folder")
def folder_with_the_package(tmp_path: Path) -> Path:
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    (tmp_path / "my_models").mkdir()
    (tmp_path / "my_models" / "__init__.py").touch()
    (tmp_path / "my_models" / "loyal.py").write_text(blocks[0], encoding="utf-8")
    (tmp_path / "test_loyal.py").write_text(blocks[1], encoding="utf-8")
    return tmp_path


def run(folder: Path, *command: str) -> str:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_it_passes_the_contract_suite(folder: Path) -> None:
    told = run(folder, "-m", "unittest", "test_loyal")
    (number,) = re.findall(r"Ran (\d+) tests", told)
    assert int(number) > 20 and told.rstrip().endswith("OK")


def test_the_platform_finds_it_by_its_path(folder: Path) -> None:
    run(folder, "-c", USE)
