"""Before any address is looked up: is this our name, may you ask, and do you ask too often."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Collection

from fastapi import Response
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from ritournelle.errors import SettingsError
from ritournelle.serving.api.keyring import ApiKey, Keyring
from ritournelle.serving.api.keyring import Scope as KeyScope
from ritournelle.serving.api.limits import Buckets
from ritournelle.serving.api.problems import Refusal, of_refusal
from ritournelle.serving.api.sessions import COOKIE, Sessions

_OPEN = ("/health/live", "/health/ready", "/static/", "/v1/openapi.json")
SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
_SAFE = ("GET", "HEAD", "OPTIONS")
_TELLING = ("/v1/", "/listen/")
_ONE_USER = re.compile(r"/v1/users/[^/]+/?")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ritournelle", Basic realm="ritournelle", charset="UTF-8"'}


class Guard:
    """Decides on a request by its head; `hosts` are the names that it may be sent to, none of them: all.

    Keys are asked for as soon as there is one, and always when `needs_keys`. Browsers sign in with one, or give it as
    the password. `refused` hears who asked too often.
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
        self._refused, self.sessions = refused, Sessions()
        self._hosts = {host.lower() for host in hosts}

    def check(self, method: str, path: str, headers: Headers, address: str) -> None:
        """Raises `Refusal`."""
        if self._hosts and _name(headers.get("Host", "")) not in self._hosts:
            raise Refusal(421, "host", "this server does not answer to that name; see RITOURNELLE_SERVING__HOSTS")
        is_open = path.startswith(_OPEN) or path in (SIGN_IN, SIGN_OUT)
        key = None if is_open else self._allowed(method, path, headers)
        wait = self._buckets.take(key.key_id if key else f"address {address}")
        if wait:
            self._refused("keys" if key else "addresses", key.key_id if key else address)
            raise Refusal(429, "too_often", "you ask too often", {"Retry-After": str(wait)})

    def _allowed(self, method: str, path: str, headers: Headers) -> ApiKey | None:
        try:
            if not self._needs_keys and not self._keyring.keys():
                return None
            key = self._key(method, path, headers)
        except SettingsError as error:
            raise Refusal(503, "keys", "the API keys cannot be read; nobody is let in") from error
        if key is None:
            raise Refusal(401, "key", "send an API key: Authorization: Bearer …", _CHALLENGE)
        wanted = needed_scope(method, path)
        if wanted not in key.scopes:
            raise Refusal(403, "scope", f"this key does not have the scope {wanted}")
        return key

    def _key(self, method: str, path: str, headers: Headers) -> ApiKey | None:
        """The one that was sent, else that of the browser's session, which lasts no longer than the key.

        What changes something by the API takes no session: programs send keys, and our own pages send forms.
        """
        if "Authorization" in headers or (path.startswith("/v1/") and method not in _SAFE):
            return self._keyring.find(_token(headers.get("Authorization", "")))
        key_id = self.sessions.key_id(session_of(headers))
        return next((key for key in self._keyring.keys() if key.key_id == key_id), None)


def session_of(headers: Headers) -> str:
    """The token in the cookie; empty where there is none."""
    pairs = (part.strip().partition("=") for part in headers.get("Cookie", "")[:8_000].split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def needed_scope(method: str, path: str) -> KeyScope:
    """What a key must allow for this."""
    if method in _SAFE:
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
    """An ASGI middleware that lets in whom the guard lets in; `in_words` tells browsers of a refusal by a page."""

    def __init__(self, app: ASGIApp, guard: Guard, in_words: Callable[[Request, Refusal], Response]) -> None:
        self._app, self._guard, self._in_words = app, guard, in_words

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        client = scope.get("client")
        try:
            self._guard.check(scope["method"], scope["path"], Headers(scope=scope), client[0] if client else "")
        except Refusal as refusal:
            request = Request(scope)
            return self._in_words(request, refusal) if _wants_a_page(request) else of_refusal(refusal)
        return None


def _wants_a_page(request: Request) -> bool:
    return "text/html" in request.headers.get("Accept", "") and not request.url.path.startswith("/v1/")
