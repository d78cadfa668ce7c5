"""The exceptions of the platform: each says what happened, to which thing, and what to do now.

::

    RitournelleError
    ├── TransientError                    trying again may help
    │   ├── TransientSourceError          time-out, 5xx, 429, a body that is not JSON
    │   ├── RunInProgressError            another run holds the lock
    │   ├── WarehouseBusyError            another process has the warehouse file open
    │   ├── StreamUnavailableError        the event log could not be written or reached
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
        ├── StreamError                   the event log is damaged
        ├── RecommendationIdError         an id that was not issued here, or to another one, or too long ago
        ├── ErasureError                  a store still holds something of a listener who is to be forgotten
        ├── HeldError                     a sensor holds training and publication
        ├── NothingToLearnError           the training mart holds no interactions
        └── ModelError                    a model artefact is missing, corrupt or unfit
"""

from __future__ import annotations

from typing import Literal


class RitournelleError(Exception):
    """Base of every error that the platform raises on purpose; `str()` is fit for a person to read."""


class TransientError(RitournelleError):
    """Trying again later may help."""


class PermanentError(RitournelleError):
    """Trying again changes nothing: something has to be mended first."""


class TransientSourceError(TransientError):
    """The source did not answer as it should this time.

    `retry_after_seconds` is what the source asked for, if it asked; `asks_for_less`: it wants fewer requests.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, asks_for_less: bool = False) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.asks_for_less = asks_for_less


class RunInProgressError(TransientError):
    """Another run holds the lock of this home."""


class WarehouseBusyError(TransientError):
    """Another process holds the warehouse, or its server does not answer."""


class WarehouseOpenHereError(WarehouseBusyError):
    """This very process has the warehouse open in another way; it can be used, a moment later."""


class StreamUnavailableError(TransientError):
    """The event log could not be written or reached; nothing of what was to be published counts as acknowledged."""


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


class StreamError(PermanentError):
    """The event log is damaged where it was acknowledged already."""


class RecommendationIdError(PermanentError):
    """A recommendation id that feedback must not be taken for; `why` tells programs, the message people."""

    def __init__(self, why: Literal["unknown", "foreign", "expired"], message: str) -> None:
        super().__init__(message)
        self.why = why


class HeldError(PermanentError):
    """A sensor that blocks has fired: nothing is trained or published, and readers keep what they see.

    `sensors` are the names of those that hold.
    """

    def __init__(self, message: str, sensors: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.sensors = sensors


class ErasureError(PermanentError):
    """Somebody is not erased everywhere; `stores` are the names of those that are not done with. Do it again."""

    def __init__(self, message: str, stores: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.stores = stores


class NothingToLearnError(PermanentError):
    """The training mart holds no interactions."""


class ModelError(PermanentError):
    """A model artefact is missing, corrupt, or unfit for use."""
