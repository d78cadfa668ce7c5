"""Troubles of models: one that should not serve is promoted by hand, files of the champion are gone or broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ritournelle import __version__
from ritournelle.domain.clock import utc_now
from ritournelle.domain.interactions import Interactions
from ritournelle.drill.case import Trouble
from ritournelle.drill.sandbox import Sandbox
from ritournelle.recommenders.factory import create_recommender
from ritournelle.registry.contents import MODEL_FOLDER, write_track_ids
from ritournelle.registry.manifest import Manifest
from ritournelle.training.dataset import training_data
from ritournelle.warehouse.marts import INTERACTIONS


def promoted_by_hand(family: str) -> Trouble:
    """Somebody registers a model of a family and promotes it past the gate; afterwards it is rolled back."""

    @contextmanager
    def trouble(sandbox: Sandbox) -> Iterator[None]:
        registry = sandbox.platform.registry()
        version = _registered(sandbox, family)
        registry.promote(version, "by hand, in a rehearsal")
        yield
        registry.rollback("the rehearsal is over")

    return trouble


def trained_as(family: str) -> Trouble:
    """The settings name another family than the usual one."""

    @contextmanager
    def trouble(sandbox: Sandbox) -> Iterator[None]:
        usual = sandbox.settings.recommendation.list_length
        with sandbox.changed(recommendation={"model": family, "list_length": usual}):
            yield

    return trouble


@contextmanager
def file_gone(sandbox: Sandbox) -> Iterator[None]:
    """A file of the champion is not there; afterwards it is put back."""
    path = _largest_file(sandbox)
    aside = path.rename(sandbox.home / "set-aside")
    yield
    aside.rename(path)


@contextmanager
def file_broken(sandbox: Sandbox) -> Iterator[None]:
    """Some bytes of a file of the champion are others; afterwards they are as they were."""
    path = _largest_file(sandbox)
    content = path.read_bytes()
    path.write_bytes(content[:-64] + bytes(byte ^ 0xFF for byte in content[-64:]))
    yield
    path.write_bytes(content)


def _largest_file(sandbox: Sandbox) -> Path:
    registry = sandbox.platform.registry()
    version = registry.load(registry.champion() or "")
    return max((version.folder / name for name in version.manifest.files), key=lambda path: path.stat().st_size)


def _registered(sandbox: Sandbox, family: str) -> str:
    with sandbox.platform.read_warehouse() as warehouse:
        data = training_data(INTERACTIONS.run(warehouse))
    model = create_recommender(family).fit(data.matrix)

    def save(folder: Path) -> None:
        model.save(folder / MODEL_FOLDER)
        write_track_ids(folder, data.tracks)

    return sandbox.platform.registry().register(_manifest(family, model.config.model_dump(mode="json"), data), save)


def _manifest(family: str, config: dict[str, object], data: Interactions) -> Manifest:
    now = utc_now()
    return Manifest(
        model=family,
        config=config,
        seed=0,
        data_from=None,
        data_to=now,
        n_users=len(data.users),
        n_tracks=len(data.tracks),
        n_interactions=data.matrix.nnz,
        content_hash=data.content_hash,
        trained_at=now,
        code_version=__version__,
        library_versions={},
    )
