"""What values of settings may be: types that check themselves, and name what is wrong."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr


class Section(BaseModel):
    """A part of the tree: an unknown name is an error, and a bad value is not shown: it may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)


def _known_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not an IANA time zone such as 'UTC' or 'Europe/Paris'") from error
    return name


def _http_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} must start with http:// or https://")
    return url.rstrip("/")


def _mlflow_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "http://", "https://")):
        raise ValueError("it must start with sqlite:///, http:// or https://, or be unset")
    return url.rstrip("/")


def _store_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "redis://", "rediss://", "unix://")):
        raise ValueError("it must start with sqlite:///, redis://, rediss:// or unix://, or be unset")
    return url


def without_secrets(url: str) -> str:
    """A server's URL without user and password, wherever it holds them; a file's as it is."""
    scheme, _, rest = url.partition("://")
    if rest.startswith("/"):
        return url
    place, _, query = rest.partition("?")
    shown = [part for part in query.split("&") if not re.match("user|.*(password|token|key|secret)", part)]
    return f"{scheme}://{place.rpartition('@')[2]}" + ("?" + "&".join(shown) if any(shown) else "")


def separate(value: Any) -> Any:
    """A list from the environment: as JSON, or separated by blanks."""
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.lstrip().startswith("[") else value.split()


def _channel(url: SecretStr) -> SecretStr:
    if not re.match(r"[a-z][a-z0-9+.-]*://.", url.get_secret_value(), re.IGNORECASE):
        raise ValueError("not an address of Apprise, such as mailto://… or slack://…")  # itself not shown: a secret
    return url


def _hours(text: str) -> str:
    if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) is None:
        raise ValueError(f"{text!r} is not a time of day such as '08:00'")
    return text


def _hours_or_none(text: str) -> str:
    return _hours(text) if text else text


def _span(text: str) -> str:
    begin, dash, end = text.partition("-")
    if not dash or _hours(begin) == _hours(end):
        raise ValueError(f"{text!r} is not a span of the day such as '22:00-07:00'")
    return text


Share = Annotated[float, Field(ge=0, le=1)]
TimeZone = Annotated[str, AfterValidator(_known_time_zone)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
MlflowUrl = Annotated[str, AfterValidator(_mlflow_url)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]
Channel = Annotated[SecretStr, AfterValidator(_channel)]
TimeOfDay = Annotated[str, AfterValidator(_hours_or_none)]
"""`08:00`; may be empty."""
SpanOfDay = Annotated[str, AfterValidator(_span)]
"""`22:00-07:00`."""
