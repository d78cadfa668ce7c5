"""`ritournelle forget`: erase a listener everywhere, or let one back in."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ritournelle.commands.shell import AsJson, platform, print_json, watcher

if TYPE_CHECKING:
    from ritournelle.bootstrap import Platform
    from ritournelle.day import RunReport
    from ritournelle.forgetting.certificate import Certificate

UserId = Annotated[int, typer.Argument(min=-(2**63), max=2**63 - 1, help="The listener's id, as the app knows it.")]
Undo = Annotated[
    bool, typer.Option("--undo", help="Let them back in: what comes from now on is kept; what was erased stays erased.")
]


def forget(user_id: UserId, undo: Undo = False, as_json: AsJson = False) -> None:
    """Erase a listener from every store, look a second time, and print the certificate."""
    if undo:
        _readmit(platform(), user_id, as_json)
        return
    report, certificates = _forget(platform(), user_id)
    if as_json:
        print_json(report.to_dict() | {"certificates": [each.to_dict() for each in certificates]})
    else:
        for certificate in certificates:
            _show(certificate)
    if not report.succeeded:
        print(f"error: {report.message}; the request stays: forget them again, or run", file=sys.stderr)
        raise typer.Exit(1)


def _forget(live: Platform, user_id: int) -> tuple[RunReport, list[Certificate]]:
    from ritournelle.day import Day
    from ritournelle.errors import RunInProgressError

    with watcher() as watching:
        try:
            return Day(live, watching).forget(user_id)
        except RunInProgressError as error:
            raise RunInProgressError(
                f"{error}. From now on nothing is taken in of the listener; what is there goes with the next run, or "
                "when you forget them again"
            ) from error


def _readmit(live: Platform, user_id: int, as_json: bool) -> None:
    was_forgotten = live.forgotten().readmit(user_id)
    if as_json:
        print_json({"user_id": user_id, "was_forgotten": was_forgotten})
        return
    told = "is let in again, with the next run" if was_forgotten else "was not on the list of the forgotten"
    print(f"listener {user_id} {told}", file=sys.stderr)


def _show(certificate: Certificate) -> None:
    print(f"certificate {certificate.erasure_id} of {certificate.erased_at:%Y-%m-%d %H:%M:%S} UTC")
    print(f"listener {certificate.listener} (keyed hash), asked at {certificate.asked_at:%Y-%m-%d %H:%M:%S} UTC\n")
    for store in certificate.stores:
        removed = ", ".join(f"{count:,} {what}" for what, count in store.removed.items()) or "nothing was there"
        print(f"  {store.store}: {removed}; {'a second look finds nothing' if store.verified else 'NOT VERIFIED'}")
        if store.note:
            print(f"      {store.note}")
