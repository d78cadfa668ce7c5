"""Settings of the server, and of what listeners tell it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from ritournelle.settings.values import Section, separate


class FeedbackSettings(Section):
    """What listeners say about recommendations."""

    key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="Signs recommendation ids; unset: a random one in the home's folder `secrets`. Servers share one.",
    )
    lifetime_days: float = Field(
        default=30.0, gt=0, description="Age at which a recommendation id is refused as expired."
    )


class ServingSettings(Section):
    """What the server answers, and to whom."""

    hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(separate)] = Field(
        default=(),
        description="Names that requests may be sent to, without port; unset: `localhost` and the address listened at, "
        "beyond loopback all. So a page of another site cannot ask by a name of its own.",
    )
    requests_per_second: float = Field(
        default=5_000.0, ge=0, description="Requests of one API key, or of one address without; 0: any number."
    )
    tellings_per_second: float = Field(
        default=20.0,
        ge=0,
        description="Requests that tell listens, feedback or exclusions of one listener; 0: any number.",
    )
    most_listens: int = Field(default=1_000, ge=1, le=100_000, description="Listens in one request.")
    most_kilobytes: int = Field(default=1_024, ge=1, le=100_000, description="Size of a request's body.")
