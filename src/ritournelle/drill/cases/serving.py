"""Serving: its stores break, the model is gone, it is flooded or told lies, nobody finds it useful, it is dead."""

from __future__ import annotations

from ritournelle.drill.acts import Act, ask, build, ingest
from ritournelle.drill.case import Case, Family, Trouble
from ritournelle.drill.serving import (
    asked_by_key,
    days_of_feedback,
    few_allowed,
    few_told,
    flooded,
    forged,
    good_day_follows,
    listens_wait,
    lists,
    log_held,
    log_not_writable,
    no_champion,
    no_model_at_all,
    online_store_damaged,
    popular,
    served,
    server_killed,
    silent,
    stored_lists,
    told_of_one,
)
from ritournelle.drill.troubles import none_at_all

_REFUSED = "what is too much is refused with 429; the others are served"
_SERVED = "every list, made without the model"


def _case(name: str, happens: str, lands: str, sensor: str, trouble: Trouble, act: Act, subject: str = "") -> Case:
    return Case(name, Family.SERVING, happens, lands, sensor, trouble, act, subject)


CASES = (
    _case(
        "event_log_not_writable",
        "no process can write to the event log any more",
        "nothing is acknowledged that could be lost; histories and tracks are still answered",
        "event_log",
        log_not_writable,
        served(stored_lists),
    ),
    _case(
        "server_answers_503",
        "every list is refused, as its exposures cannot be written",
        "nothing is acknowledged that could be lost; histories and tracks are still answered",
        "api_errors",
        log_not_writable,
        served(stored_lists),
    ),
    _case(
        "server_is_slow",
        "somebody holds the event log for a second, and whoever tells something waits",
        "everything, later",
        "api_latency",
        log_held,
        served(stored_lists),
    ),
    _case(
        "online_store_damaged",
        "`online.db` is overwritten",
        "exclusions of before, with the next run",
        "online_store",
        online_store_damaged,
        served(stored_lists),
    ),
    _case(
        "champion_not_named",
        "the file that names the champion is gone",
        _SERVED,
        "model_artefact",
        no_champion,
        Act("serve", ask, ask, on_built=True),
    ),
    _case(
        "no_model_in_serving",
        "the files of all versions are gone",
        _SERVED,
        "api_fallbacks",
        no_model_at_all,
        served(lists),
    ),
    _case(
        "flood_by_address",
        "one address asks far more often than it may",
        _REFUSED,
        "floods",
        few_allowed(),
        flooded(popular),
        "addresses",
    ),
    _case(
        "flood_by_key",
        "one key asks far more often than it may",
        _REFUSED,
        "floods",
        few_allowed(),
        Act("serve", asked_by_key, silent, on_built=True),
        "keys",
    ),
    _case(
        "flood_about_one_listener",
        "far more is told of one listener than anybody can do",
        _REFUSED,
        "floods",
        few_told(),
        flooded(told_of_one),
        "listeners",
    ),
    _case(
        "forged_feedback",
        "feedback names ids that are made up, of another listener, or long expired, in mass",
        "all other feedback; none of this",
        "forged_ids",
        none_at_all,
        flooded(forged),
    ),
    _case(
        "server_dead",
        "the server gives no sign of life any more, and no other is started",
        "all that it had acknowledged",
        "server",
        server_killed,
        Act("serve", ask, silent, on_built=True),
    ),
    _case(
        "listens_wait",
        "listens are told, and no run loads them for two days",
        "all of them, with the next run",
        "event_lag",
        listens_wait,
        Act("ingest", ask, ingest),
        "listens",
    ),
    _case(
        "usefulness_collapses",
        "of a day's listeners hardly any finds useful what most found useful before",
        "everything",
        "usefulness",
        days_of_feedback(last_useful=4, last_judged=40),
        Act("run", build, good_day_follows),
    ),
    _case(
        "feedback_stops",
        "recommendations are shown as ever, and no feedback on them arrives",
        "everything",
        "feedback_stopped",
        days_of_feedback(last_useful=0, last_judged=0),
        Act("run", build, good_day_follows),
    ),
)
