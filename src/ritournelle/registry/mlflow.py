"""The registry on MLflow: what the folder holds is recorded on a tracking server or in its database, and followed back.

The folder stays what serves: it appears whole or not at all and is read without MLflow. On the server each version is a
run (parameters, metrics, artefacts) and a version of the registered model `ritournelle`, tagged with its name here; the
aliases `champion` and `challenger` point to them. Whatever a killed run or a server that was away left unrecorded is
recorded at the next use. An alias that somebody moves in MLflow is followed, and versions that another home recorded
are fetched when they are asked for.
"""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ritournelle.errors import ModelError, RegistryUnavailableError, SettingsError
from ritournelle.registry.base import ModelVersion, Promotion
from ritournelle.registry.described import parameters, run_metrics, tags
from ritournelle.registry.manifest import Manifest
from ritournelle.registry.store import LocalRegistry

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "ritournelle"
"""Of the experiment and of the registered model."""
VERSION_TAG = "ritournelle.version"
_WRITTEN_TAG = "ritournelle.champion"
"""On the registered model: the champion that was last written from here; another one at the alias was set by hand."""
_BATCH = 100
"""Parameters and metrics that one request may carry."""


class MlflowRegistry:
    """A `Registry`: a local one, mirrored to the MLflow at `url` (`sqlite:///path` or `http(s)://server`).

    `RegistryUnavailableError` when the server does not answer: what was written locally is recorded at the next use.
    """

    def __init__(self, local: LocalRegistry, url: str, artefacts: Path) -> None:
        self._local = local
        self._url = url
        self._artefacts = artefacts
        self._client: MlflowClient | None = None
        self._recorded: dict[str, Any] = {}

    def register(self, manifest: Manifest, save: Callable[[Path], None]) -> str:
        """See `Registry.register`."""
        self._follow()
        version = self._local.register(manifest, save, after=list(self._recorded))
        self._asked(self._record, version)
        return version

    def versions(self) -> list[str]:
        """See `Registry.versions`."""
        self._follow()
        return sorted({*self._local.versions(), *self._recorded}, key=lambda name: int(name.rpartition("-")[2]))

    def load(self, version: str) -> ModelVersion:
        """See `Registry.load`."""
        self._follow()
        if version in self._recorded and version not in self._local.versions():
            self._asked(self._fetch, version)
        return self._local.load(version)

    def champion(self) -> str | None:
        """See `Registry.champion`."""
        self._follow()
        return self._local.champion()

    def challenger(self) -> str | None:
        """See `Registry.challenger`."""
        self._follow()
        return self._local.challenger()

    def promotions(self) -> list[Promotion]:
        """See `Registry.promotions`; those of this home."""
        self._follow()
        return self._local.promotions()

    def promote(self, version: str, why: str = "") -> None:
        """See `Registry.promote`."""
        self.load(version)
        self._local.promote(version, why)
        self._asked(self._write_aliases)

    def challenge(self, version: str) -> None:
        """See `Registry.challenge`."""
        self.load(version)
        self._local.challenge(version)
        self._asked(self._write_aliases)

    def rollback(self, why: str = "") -> str:
        """See `Registry.rollback`."""
        self._follow()
        version = self._local.rollback(why)
        self._asked(self._write_aliases)
        return version

    def _follow(self) -> None:
        """Once per object: record what is not recorded yet, and follow an alias that was moved in MLflow."""
        if self._client is None:
            self._asked(self._catch_up)

    def _catch_up(self) -> None:
        self._client = self._client or _client(self._url)
        self._recorded = self._read_versions()
        for version in self._local.versions():
            if version not in self._recorded:
                with suppress(ModelError):  # a damaged one stays here
                    self._record(version)
        self._follow_alias()
        self._write_aliases()

    def _read_versions(self) -> dict[str, Any]:
        """Recorded versions by their name here."""
        client = self._connected()
        if not client.search_registered_models(filter_string=f"name='{NAME}'"):
            client.create_registered_model(NAME, description="Models of Ritournelle, one per night or less.")
        found: dict[str, Any] = {}
        token = None
        while True:
            page = client.search_model_versions(f"name='{NAME}'", page_token=token)
            found |= {each.tags[VERSION_TAG]: each for each in page if VERSION_TAG in each.tags}
            token = page.token
            if not token:
                return found

    def _follow_alias(self) -> None:
        model = self._connected().get_registered_model(NAME)
        names = {str(each.version): name for name, each in self._recorded.items()}
        pointed = names.get(str(model.aliases.get("champion", "")))
        here = self._local_champion()
        if pointed is None or pointed in (here, model.tags.get(_WRITTEN_TAG) if here else None):
            return
        self._fetch_if_missing(pointed)
        self._local.promote(pointed, "the alias `champion` was set in MLflow")

    def _local_champion(self) -> str | None:
        with suppress(ModelError):  # a corrupt alias file is written anew
            return self._local.champion()
        return None

    def _write_aliases(self) -> None:
        client = self._connected()
        held = {name: str(number) for name, number in client.get_registered_model(NAME).aliases.items()}
        for alias, version in (("champion", self._local_champion()), ("challenger", self._local.challenger())):
            number = str(self._recorded[version].version) if version in self._recorded else None
            if number is None and alias in held:
                client.delete_registered_model_alias(NAME, alias)
            elif number is not None and held.get(alias) != number:
                client.set_registered_model_alias(NAME, alias, number)
        client.set_registered_model_tag(NAME, _WRITTEN_TAG, self._local_champion() or "")

    def _record(self, version: str) -> None:
        """A run with everything of the version; the model version comes last, so that a half is never seen."""
        client, kept = self._connected(), self._local.load(version)
        run = client.create_run(self._experiment(), run_name=version, tags=tags(kept.manifest))
        run_id = run.info.run_id
        self._log(run_id, kept.manifest)
        client.log_artifacts(run_id, str(kept.folder))
        client.set_terminated(run_id)
        self._recorded[version] = client.create_model_version(
            NAME, run.info.artifact_uri, run_id, tags={VERSION_TAG: version}
        )

    def _log(self, run_id: str, manifest: Manifest) -> None:
        from mlflow.entities import Metric, Param

        moment = int(manifest.trained_at.timestamp() * 1000)
        params = [Param(name, value) for name, value in parameters(manifest).items()]
        metrics = [Metric(name, value, moment, 0) for name, value in run_metrics(manifest).items()]
        for start in range(0, max(len(params), len(metrics)), _BATCH):
            part = slice(start, start + _BATCH)
            self._connected().log_batch(run_id, metrics=metrics[part], params=params[part])

    def _experiment(self) -> str:
        client = self._connected()
        found = client.get_experiment_by_name(NAME)
        if found is not None:
            return str(found.experiment_id)
        is_server = self._url.startswith("http")
        place = None if is_server else self._artefacts.absolute().as_uri()
        return str(client.create_experiment(NAME, artifact_location=place))

    def _fetch_if_missing(self, version: str) -> None:
        if version not in self._local.versions():
            self._fetch(version)

    def _fetch(self, version: str) -> None:
        """Bring a version that another home recorded."""
        with tempfile.TemporaryDirectory(prefix="ritournelle-") as place:
            run_id = self._recorded[version].run_id
            folder = self._connected().download_artifacts(run_id, "", place)
            self._local.adopt(Path(folder))

    def _connected(self) -> MlflowClient:
        assert self._client is not None  # every verb follows first
        return self._client

    def _asked(self, action: Callable[..., None], *arguments: Any) -> None:
        """Ask MLflow; its errors become ours."""
        try:
            action(*arguments)
        except _failures() as error:
            self._client = None  # the next use begins anew
            raise RegistryUnavailableError(
                f"the MLflow of the registry did not do what it was asked ({_first_line(error)}); models serve on from "
                "the folder, and what is missing there is recorded once it answers"
            ) from error


def _client(url: str) -> MlflowClient:
    """The client for this address; imported here, since serving needs none."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # it is on by default
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # Five retries with growing pauses take minutes where a server is away.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SQLAlchemy 2.1 calls what mlflow 3.17 uses deprecated
        try:
            from mlflow import MlflowClient
        except ImportError as error:
            raise SettingsError(
                "the registry's url asks for MLflow, which is not installed; install the extra `mlflow`, or unset "
                "RITOURNELLE_REGISTRY__URL"
            ) from error
        client = MlflowClient(tracking_uri=url, registry_uri=url)
        client.search_experiments(max_results=1)  # makes a new database, and configures SQLAlchemy
    return client


def _failures() -> tuple[type[Exception], ...]:
    """What MLflow's client raises: its own, and those of `requests`, which are `OSError`s."""
    from mlflow.exceptions import MlflowException

    return (MlflowException, OSError)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
