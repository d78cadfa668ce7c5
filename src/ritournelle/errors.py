"""The exceptions of the platform: each says what happened, to which thing, and what to do now.

::

    RitournelleError
    ├── TransientError                    trying again may help
    │   ├── TransientSourceError          time-out, 5xx, 429, a body that is not JSON
    │   ├── RunInProgressError            another run holds the lock
    │   ├── WarehouseBusyError            another process has the warehouse file open
    │   └── RegistryUnavailableError      the tracking server of the registry does not answer
    └── PermanentError                    trying again changes nothing
        ├── SettingsError                 a setting is missing or makes no sense
        ├── SourceError                   401, 403, 404, 422: the source says no
        ├── CrawlError                    the crawl ended, but it cannot be complete
        ├── ContractError                 most rows of a source break the contract
        ├── SourceEpochError              the source now speaks of other users or tracks
        ├── SourceShrunkError             most of the known rows vanished in one day
        ├── WarehouseError                a query or a load was refused
        ├── TransformError                dbt failed, in a model or in a test
        ├── NothingToLearnError           the training mart holds no interactions
        └── ModelError                    a model artefact is missing, corrupt or unfit
"""

from __future__ import annotations


class RitournelleError(Exception):
    """Base of every error that the platform raises on purpose; `str()` is fit for a person to read."""


class TransientError(RitournelleError):
    """Trying again later may help."""


class PermanentError(RitournelleError):
    """Trying again changes nothing: something has to be mended first."""


class TransientSourceError(TransientError):
    """The source did not answer as it should this time.

    `retry_after_seconds` is what the source asked for, if it asked.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class RunInProgressError(TransientError):
    """Another run holds the lock of this home."""


class WarehouseBusyError(TransientError):
    """Another process holds the warehouse, or its server does not answer."""


class RegistryUnavailableError(TransientError):
    """The tracking server of the registry does not answer; the models on this machine are whole."""


class SettingsError(PermanentError):
    """A setting is missing or makes no sense."""


class SourceError(PermanentError):
    """The source refused a request for good."""


class CrawlError(PermanentError):
    """The crawl ended, but rows are missing: what was read cannot be the whole source."""


class ContractError(PermanentError):
    """Most rows of a source break its contract."""


class SourceEpochError(PermanentError):
    """The source regenerated its ids: the same id may now mean somebody else."""


class SourceShrunkError(PermanentError):
    """Most of what the source held yesterday is gone today."""


class WarehouseError(PermanentError):
    """The warehouse refused a query or a load."""


class TransformError(PermanentError):
    """dbt failed, in a model or in a test."""


class NothingToLearnError(PermanentError):
    """The training mart holds no interactions."""


class ModelError(PermanentError):
    """A model artefact is missing, corrupt, or unfit for use."""
