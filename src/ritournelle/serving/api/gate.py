"""Before any address is looked up: is this our name, may you ask, and do you ask too often."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Collection

from fastapi import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ritournelle.errors import SettingsError
from ritournelle.serving.api.keyring import ApiKey, Keyring
from ritournelle.serving.api.keyring import Scope as KeyScope
from ritournelle.serving.api.limits import Buckets
from ritournelle.serving.api.problems import Refusal, of_refusal

_OPEN = ("/health/live", "/health/ready", "/static/", "/v1/openapi.json")
_TELLING = ("/v1/", "/listen/")
_ONE_USER = re.compile(r"/v1/users/[^/]+/?")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ritournelle", Basic realm="ritournelle", charset="UTF-8"'}


class Guard:
    """Decides on a request by its head; `hosts` are the names that it may be sent to, none of them: all.

    Keys are asked for as soon as there is one, and always when `needs_keys`. Browsers give one as the password.
    `refused` hears who asked too often.
    """

    def __init__(
        self,
        keyring: Keyring,
        buckets: Buckets,
        hosts: Collection[str],
        needs_keys: bool = False,
        *,
        refused: Callable[[str, str], None] = lambda kind, who: None,
    ) -> None:
        self._keyring, self._buckets, self._needs_keys = keyring, buckets, needs_keys
        self._refused = refused
        self._hosts = {host.lower() for host in hosts}

    def check(self, method: str, path: str, headers: Headers, address: str) -> None:
        """Raises `Refusal`."""
        if self._hosts and _name(headers.get("Host", "")) not in self._hosts:
            raise Refusal(421, "host", "this server does not answer to that name; see RITOURNELLE_SERVING__HOSTS")
        key = None if path.startswith(_OPEN) else self._allowed(method, path, headers.get("Authorization", ""))
        wait = self._buckets.take(key.key_id if key else f"address {address}")
        if wait:
            self._refused("keys" if key else "addresses", key.key_id if key else address)
            raise Refusal(429, "too_often", "you ask too often", {"Retry-After": str(wait)})

    def _allowed(self, method: str, path: str, authorization: str) -> ApiKey | None:
        try:
            if not self._needs_keys and not self._keyring.keys():
                return None
            key = self._keyring.find(_token(authorization))
        except SettingsError as error:
            raise Refusal(503, "keys", "the API keys cannot be read; nobody is let in") from error
        if key is None:
            raise Refusal(401, "key", "send an API key: Authorization: Bearer …", _CHALLENGE)
        wanted = needed_scope(method, path)
        if wanted not in key.scopes:
            raise Refusal(403, "scope", f"this key does not have the scope {wanted}")
        return key


def needed_scope(method: str, path: str) -> KeyScope:
    """What a key must allow for this."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return KeyScope.READ
    is_erasure = method == "DELETE" and _ONE_USER.fullmatch(path) is not None
    return KeyScope.WRITE if path.startswith(_TELLING) and not is_erasure else KeyScope.OPERATE


def _name(host: str) -> str:
    """A Host header without its port."""
    host = host.lower()
    return host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]


def _token(authorization: str) -> str:
    kind, _, value = authorization.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return b64decode(value, validate=True).decode("utf-8", "surrogateescape").partition(":")[2]
    except binascii.Error:
        return ""


class Gate:
    """An ASGI middleware that lets in whom the guard lets in."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        client = scope.get("client")
        try:
            self._guard.check(scope["method"], scope["path"], Headers(scope=scope), client[0] if client else "")
        except Refusal as refusal:
            return of_refusal(refusal)
        return None
