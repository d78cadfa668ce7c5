"""Transport: the app does not answer, answers late, answers with an error, or with something else than JSON."""

from __future__ import annotations

from functools import partial

from ritournelle.domain.sources import Source
from ritournelle.drill.case import Case, Family
from ritournelle.drill.troubles import fault, nobody_accepts, nobody_listens, other_settings, together

_USERS = Source.USERS
_OTHERS_LAND = "the other sources land; of this one yesterday stays, and readers keep it"
_NOTHING_LANDS = "nothing; yesterday stays whole, and readers keep it"
_ALL_LANDS = "everything, after further attempts"

_Unreachable = partial(Case, family=Family.TRANSPORT, sensor="source_reachable", lands=_OTHERS_LAND, subject="users")
_Everywhere = partial(Case, family=Family.TRANSPORT, sensor="source_reachable", lands=_NOTHING_LANDS)
_Retried = partial(Case, family=Family.TRANSPORT, sensor="source_retries", lands=_ALL_LANDS, subject="users")

CASES = (
    _Everywhere(
        name="connection_refused", happens="the app is down: nobody listens at its address", trouble=nobody_listens
    ),
    _Everywhere(
        name="dns_failure",
        happens="the name of the app is not known",
        trouble=other_settings(source={"url": "http://nowhere.invalid"}),
    ),
    _Everywhere(name="connect_timeout", happens="a firewall drops what is sent to the app", trouble=nobody_accepts),
    _Unreachable(
        name="read_timeout",
        happens="one page of users is never answered",
        trouble=fault("hang", _USERS, page=2),
    ),
    _Unreachable(
        name="hang_mid_body",
        happens="half of one page of users comes, and then nothing more",
        trouble=fault("hang_mid_body", _USERS, page=2),
    ),
    _Retried(
        name="status_500_once",
        happens="one page of users answers 500 once",
        trouble=fault("status_500", _USERS, page=2, times=1),
    ),
    _Retried(
        name="status_500_twice",
        happens="one page of users answers 500 twice",
        trouble=fault("status_500", _USERS, page=2, times=2),
    ),
    _Unreachable(
        name="status_500_for_ever",
        happens="one page of users answers 500 however often it is asked for",
        trouble=fault("status_500", _USERS, page=2),
    ),
    _Retried(
        name="status_429",
        happens="the app asks for a pause of a second, once",
        trouble=fault("status_429", _USERS, page=2, times=1, retry_after_seconds=1),
    ),
    _Unreachable(
        name="status_429_for_ever",
        happens="the app asks for a pause of an hour",
        trouble=fault("status_429", _USERS, retry_after_seconds=3600),
    ),
    _Unreachable(name="status_401", happens="the app no longer knows the token", trouble=fault("status_401", _USERS)),
    _Unreachable(name="status_403", happens="the token may not read users", trouble=fault("status_403", _USERS)),
    _Unreachable(
        name="truncated_json",
        happens="one page of users ends in the middle of its JSON",
        trouble=fault("truncated_json", _USERS, page=2),
    ),
    _Unreachable(
        name="html_instead_of_json",
        happens="a maintenance page with status 200",
        trouble=fault("html_instead_of_json", _USERS),
    ),
    Case(
        name="wrong_content_type",
        family=Family.TRANSPORT,
        happens="the right JSON, announced as plain text",
        lands="everything: what counts is what is in it",
        sensor="schema_drift",
        subject="users",
        trouble=fault("wrong_content_type", _USERS),
    ),
    _Unreachable(
        name="slow_drip",
        happens="one page of users comes so slowly that it takes longer than is waited for",
        trouble=fault("slow_drip", _USERS, page=2, bytes_per_second=2000),
    ),
    Case(
        name="slow_answers",
        family=Family.TRANSPORT,
        happens="every page of users comes, but much later than usual",
        lands="everything, later",
        sensor="source_latency",
        subject="users",
        trouble=together(other_settings(source={"timeout_seconds": 5.0}), fault("hang", _USERS, seconds=0.8)),
    ),
)
