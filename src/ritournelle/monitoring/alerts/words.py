"""The words of alerts and digests that no rule holds, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from ritournelle.monitoring.rules import Language

_WORDS: Mapping[str, tuple[str, str]] = {
    "warn": ("warning", "avertissement"),
    "error": ("error", "erreur"),
    "block": ("block", "blocage"),
    "again": ("back again", "de retour"),
    "worse": ("worse", "s'aggrave"),
    "resolved": ("resolved", "résolu"),
    "over": ("over", "terminé"),
    "what it is": ("What is checked", "Ce qui est vérifié"),
    "what was done": ("Already done", "Déjà fait"),
    "what to do": ("What to do", "Que faire"),
    "evidence": ("Evidence", "Constat"),
    "since": ("Since", "Depuis"),
    "seen": ("seen {count} times", "vu {count} fois"),
    "seen once": ("seen once", "vu une fois"),
    "lasted": ("Lasted", "Durée"),
    "closed by": ("Closed", "Clos"),
    "by itself": ("by itself: the check passes again", "de lui-même : le contrôle passe à nouveau"),
    "by a person": ("by {who}", "par {who}"),
    "now": ("Meanwhile", "Entre-temps"),
    "is over": ("it is over", "c'est terminé"),
    "owner": ("Owner", "Responsable"),
    "runbook": ("Runbook", "Procédure"),
    "page": ("Page", "Page"),
    "incident": ("Incident", "Incident"),
    "take it": ("Take it", "Le prendre"),
    "hold": (
        "Nothing is trained or published while it lasts; readers keep what they see.",
        "Rien n'est entraîné ni publié tant qu'il dure ; les lecteurs gardent ce qu'ils voient.",
    ),
    "reported": ("Somebody who uses the data reported it.", "Signalé par une personne qui utilise les données."),
    "repeat": (
        "(Sent again: the process ended while it was sending this the first time.)",
        "(Envoyé à nouveau : le processus s'est arrêté pendant le premier envoi.)",
    ),
    "ask the reporter": (
        "Look at it with the person who reported it: ritournelle incidents show {id}",
        "Regardez avec la personne qui l'a signalé : ritournelle incidents show {id}",
    ),
    "digest": ("daily digest", "bilan du jour"),
    "all is well": ("all is well", "tout va bien"),
    "open incidents": ("Open incidents", "Incidents ouverts"),
    "n open": ("{count} open, {critical} critical", "{count} ouverts, dont {critical} critiques"),
    "none": ("none", "aucun"),
    "since then": ("Since the last digest ({when})", "Depuis le dernier bilan ({when})"),
    "nothing happened": ("nothing happened to incidents", "rien de nouveau"),
    "yesterday": ("Runs of yesterday ({when})", "Exécutions d'hier ({when})"),
    "no run": ("no run at all", "aucune exécution"),
    "and more": ("… and {count} more", "… et {count} de plus"),
    "taken by": ("taken by {who}", "pris par {who}"),
    "nobody": ("nobody has taken it", "personne ne l'a pris"),
    "rows": ("rows", "lignes"),
    "inserted": ("new", "nouvelles"),
    "updated": ("changed", "modifiées"),
    "deleted": ("gone", "disparues"),
    "quarantined": ("in quarantine", "en quarantaine"),
    "running": ("is under way", "en cours"),
    "succeeded": ("succeeded", "réussie"),
    "failed": ("failed", "échouée"),
    "killed": ("was killed", "tuée"),
    "skipped": ("was skipped", "sautée"),
    "test": ("a test", "un essai"),
    "test text": (
        "This is a test of the alerts of Ritournelle. If you read it, this channel works.",
        "Ceci est un essai des alertes de Ritournelle. Si vous le lisez, ce canal fonctionne.",
    ),
}
_EVENTS: Mapping[str, tuple[str, str]] = {
    "opened": ("opened", "ouvert"),
    "reopened": ("back again", "de retour"),
    "worsened": ("worse", "aggravé"),
    "acknowledged": ("taken", "pris"),
    "action": ("action", "action"),
    "reported": ("reported again", "signalé à nouveau"),
    "resolved": ("resolved", "résolu"),
    "closed itself": ("over by itself", "terminé de lui-même"),
}


def say(language: Language, word: str, **facts: object) -> str:
    """A word, with its facts in their places."""
    return _WORDS[word][language == "fr"].format(**facts)


def say_number(language: Language, value: float) -> str:
    """With thousands set apart as the language does."""
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    return text if language == "en" else text.translate({ord(","): "\u202f", ord("."): ","})


def say_event(language: Language, event: str) -> str:
    """What happened to an incident."""
    return _EVENTS[event][language == "fr"]


def say_minutes(language: Language, minutes: float) -> str:
    """How long, as people say it: `5 min`, `3 h`, `2 d`."""
    for size, unit in ((1440, "j" if language == "fr" else "d"), (60, "h")):
        if minutes >= 2 * size:
            return f"{minutes / size:.0f} {unit}"
    return f"{max(1, minutes):.0f} min"
