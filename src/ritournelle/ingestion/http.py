"""Reads pages over HTTP with libcurl: one thread, many transfers, each retried by itself.

libcurl because the crawl reads everything twice: 1,200 pages cost 0.17 s of CPU, and 0.6 s with aiohttp.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import certifi
import pycurl

from ritournelle.domain.sources import Source
from ritournelle.errors import SourceError, TransientSourceError
from ritournelle.ingestion.pages import Opener, Page, Traffic
from ritournelle.ingestion.retrying import is_transient_status, pause_before
from ritournelle.ingestion.throttle import Throttle
from ritournelle.settings import SourceSettings

PERMANENT_CURL_ERRORS = frozenset(
    {
        pycurl.E_UNSUPPORTED_PROTOCOL,
        pycurl.E_URL_MALFORMAT,
        pycurl.E_TOO_MANY_REDIRECTS,
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_CACERT_BADFILE,
        pycurl.E_FILESIZE_EXCEEDED,
    }
)
LONGEST_SELECT_SECONDS = 0.5
RECEIVED_AT_ONCE = 128 * 1024
"""Bytes: a page of 100 rows is about 20,000, more than libcurl takes at once by itself."""


@dataclass(order=True)
class _Attempt:
    """One page to ask for, not before a moment of the monotonic clock."""

    not_before: float
    order: int
    page: int = field(compare=False)
    number: int = field(compare=False, default=0)


@dataclass
class _Transfer:
    """A libcurl handle and the answer that it is receiving."""

    handle: pycurl.Curl
    attempt: _Attempt | None = None
    chunks: list[bytes] = field(default_factory=list)


class HttpPageReader:
    """Reads the app's pages, at most `settings.concurrency` at once; `on_retry` hears of each retry in a sentence."""

    def __init__(self, settings: SourceSettings, *, on_retry: Callable[[str], None] | None = None) -> None:
        self.traffic = Traffic()
        self._settings = settings
        self._on_retry = on_retry or (lambda _: None)
        self._opener = Opener()
        self._throttle = Throttle(settings.concurrency)

    def read(self, source: Source, numbers: Iterable[int]) -> Iterator[Page]:
        """The pages of those numbers, started in that order, yielded as they arrive."""
        shared = (self.traffic, self._on_retry, self._opener, self._throttle)
        with _Reading(self._settings, source, numbers, *shared) as reading:
            yield from reading.pages()


class _Reading:
    """One call of `read`: what waits, what is under way, what came."""

    def __init__(
        self,
        settings: SourceSettings,
        source: Source,
        numbers: Iterable[int],
        traffic: Traffic,
        on_retry: Callable[[str], None],
        opener: Opener,
        throttle: Throttle,
    ) -> None:
        self._settings = settings
        self._source = source
        self._fresh = iter(numbers)
        self._traffic = traffic
        self._on_retry = on_retry
        self._opener = opener
        self._throttle = throttle
        self._again: list[_Attempt] = []  # a heap of retries
        self._paused_until = 0.0  # a 429 holds back every request, not only its own page
        self._started = 0
        self._multi = pycurl.CurlMulti()
        self._idle: list[_Transfer] = []
        self._active: dict[pycurl.Curl, _Transfer] = {}

    def __enter__(self) -> _Reading:
        return self

    def __exit__(self, *_: object) -> None:
        for transfer in self._active.values():
            self._multi.remove_handle(transfer.handle)
        for transfer in [*self._active.values(), *self._idle]:
            transfer.handle.close()
        self._multi.close()

    def pages(self) -> Iterator[Page]:
        """Drive all transfers to their end."""
        while self._start_transfers() or self._again:
            self._multi.perform()
            finished = self._finished()
            for transfer, error_code, error_text in finished:
                page = self._conclude(transfer, error_code, error_text)
                if page is not None:
                    yield page
            if not finished:
                self._wait()

    def _start_transfers(self) -> int:
        while len(self._active) < self._throttle.allowed:
            attempt = self._next_attempt()
            if attempt is None:
                break
            self._start(attempt)
        return len(self._active)

    def _next_attempt(self) -> _Attempt | None:
        now = time.monotonic()
        if now < self._paused_until:
            return None
        if self._again and self._again[0].not_before <= now:
            return heapq.heappop(self._again)
        page = next(self._fresh, None)
        if page is None:
            return None
        self._started += 1
        return _Attempt(now, self._started, page)

    def _start(self, attempt: _Attempt) -> None:
        transfer = self._idle.pop() if self._idle else _Transfer(_new_handle(self._settings))
        transfer.attempt, transfer.chunks = attempt, []
        settings = self._settings
        url = f"{settings.url}/{self._source}?page={attempt.page}&size={settings.page_size}"
        transfer.handle.setopt(pycurl.URL, url)
        transfer.handle.setopt(pycurl.WRITEFUNCTION, transfer.chunks.append)
        self._active[transfer.handle] = transfer
        self._multi.add_handle(transfer.handle)
        self._traffic.requests += 1

    def _finished(self) -> list[tuple[_Transfer, int, str]]:
        finished = []
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read()
            finished += [(self._active[handle], 0, "") for handle in succeeded]
            finished += [(self._active[handle], code, text) for handle, code, text in failed]
        return finished

    def _conclude(self, transfer: _Transfer, error_code: int, error_text: str) -> Page | None:
        attempt, body = transfer.attempt, b"".join(transfer.chunks)
        assert attempt is not None, "a transfer that ended was started for an attempt"
        self._account(transfer.handle, len(body))
        try:
            if error_code:
                raise _transfer_error(error_code, error_text)
            return self._page_of(transfer.handle, attempt.page, body)
        except TransientSourceError as error:
            self._retry_or_give_up(attempt, error)
            return None
        except SourceError as error:
            raise SourceError(f"{self._name(attempt)} {error}") from error
        finally:
            self._multi.remove_handle(transfer.handle)
            self._idle.append(self._active.pop(transfer.handle))

    def _account(self, handle: pycurl.Curl, received: int) -> None:
        seconds = handle.getinfo(pycurl.TOTAL_TIME)
        self._traffic.bytes_received += received
        self._traffic.seconds += seconds
        self._traffic.slowest_seconds = max(self._traffic.slowest_seconds, seconds)

    def _page_of(self, handle: pycurl.Curl, number: int, body: bytes) -> Page:
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        if status != 200:
            raise _status_error(status, handle)
        kind = (handle.getinfo(pycurl.CONTENT_TYPE) or "no content type").split(";")[0]
        self._traffic.not_json += "json" not in kind
        self._throttle.answered()
        try:
            return Page(self._source, number, body, self._opener.open(body))
        except ValueError as error:
            raise TransientSourceError(f"answered status 200 with {kind}, but {error}") from error

    def _retry_or_give_up(self, attempt: _Attempt, error: TransientSourceError) -> None:
        number = attempt.number + 1
        problem = f"{self._name(attempt)} {error}"
        self._traffic.errors[str(error)] = self._traffic.errors.get(str(error), 0) + 1
        pause = pause_before(number, error, self._settings)
        if pause is None:
            raise TransientSourceError(_gave_up(problem, attempt.number, self._settings, error)) from error
        self._on_retry(f"{problem}; retry {number} of {self._settings.retries} in {pause:.1f} s")
        self._traffic.retries += 1
        not_before = time.monotonic() + pause
        if error.asks_for_less:
            self._throttle.refused()
        if error.retry_after_seconds is not None:
            self._paused_until = max(self._paused_until, not_before)
        heapq.heappush(self._again, _Attempt(not_before, attempt.order, attempt.page, number))

    def _wait(self) -> None:
        now = time.monotonic()
        is_full = len(self._active) >= self._throttle.allowed
        wake = [] if is_full else [max(self._paused_until, attempt.not_before) for attempt in self._again[:1]]
        pause = max(min([LONGEST_SELECT_SECONDS, *(moment - now for moment in wake)]), 0.001)
        if not self._active:
            time.sleep(pause)
        elif self._multi.select(pause) == -1:  # libcurl has no socket to wait for yet (it resolves a name)
            time.sleep(min(pause, 0.01))

    def _name(self, attempt: _Attempt) -> str:
        return f"{self._source}: page {attempt.page} of {self._settings.public_url}/{self._source}"


def _new_handle(settings: SourceSettings) -> pycurl.Curl:
    handle = pycurl.Curl()
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.CONNECTTIMEOUT_MS, _milliseconds(settings.connect_timeout_seconds))
    handle.setopt(pycurl.TIMEOUT_MS, _milliseconds(settings.timeout_seconds))
    handle.setopt(pycurl.MAXFILESIZE_LARGE, settings.max_page_bytes)
    handle.setopt(pycurl.BUFFERSIZE, RECEIVED_AT_ONCE)
    handle.setopt(pycurl.ENCODING, "identity")  # asks for no compression, and takes it off what is compressed unasked
    handle.setopt(pycurl.FOLLOWLOCATION, 1)
    handle.setopt(pycurl.MAXREDIRS, 3)
    handle.setopt(pycurl.CAINFO, certifi.where())
    headers = ["Accept: application/json", "User-Agent: ritournelle"]
    if settings.token is not None:
        headers.append(f"Authorization: Bearer {settings.token.get_secret_value()}")
    handle.setopt(pycurl.HTTPHEADER, headers)
    return handle


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _transfer_error(code: int, text: str) -> SourceError | TransientSourceError:
    message = f"could not be read: {text or f'libcurl error {code}'}"
    if code == pycurl.E_FILESIZE_EXCEEDED:
        message += "; the longest page allowed is RITOURNELLE_SOURCE__MAX_PAGE_BYTES"
    return SourceError(message) if code in PERMANENT_CURL_ERRORS else TransientSourceError(message)


def _status_error(status: int, handle: pycurl.Curl) -> SourceError | TransientSourceError:
    message = f"answered status {status}"
    if not is_transient_status(status):
        return SourceError(f"{message}{_advice(status)}")
    asked = handle.getinfo(pycurl.RETRY_AFTER)  # seconds; libcurl reads both forms of the header
    seconds = float(asked) if asked else None
    return TransientSourceError(message, retry_after_seconds=seconds, asks_for_less=status == 429 or bool(asked))


def _advice(status: int) -> str:
    return {
        401: "; set RITOURNELLE_SOURCE__TOKEN to a valid token",
        403: "; the token in RITOURNELLE_SOURCE__TOKEN may not read this",
        404: "; the endpoint is gone or renamed, or RITOURNELLE_SOURCE__URL points elsewhere",
    }.get(status, "; it refuses this request for good")


def _gave_up(problem: str, retries: int, settings: SourceSettings, error: TransientSourceError) -> str:
    asked = error.retry_after_seconds
    if asked is not None and asked > settings.max_retry_after_seconds:
        return f"{problem} and asks for {asked:.0f} s of pause, more than is waited for"
    advice = (
        "; lower RITOURNELLE_SOURCE__CONCURRENCY, or raise RITOURNELLE_SOURCE__RETRIES" if error.asks_for_less else ""
    )
    return f"{problem}; given up after {retries + 1} attempt{'s' if retries else ''}{advice}"
