"""The health page, ready to be written: cards, clocks, incidents, checks and lineage, in the reader's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ritournelle.domain.sources import Source
from ritournelle.monitoring.health import Health, health_of
from ritournelle.monitoring.incidents import Incident, Phase
from ritournelle.monitoring.reading import Reading, Status
from ritournelle.serving.history import CheckLine, RunLine
from ritournelle.serving.language import Texts
from ritournelle.serving.lineage import LISTS, MODEL, Node, NodeState, lineage
from ritournelle.serving.manifest import ProjectGraph
from ritournelle.serving.numbers import HOURS, METRIC, said
from ritournelle.serving.places import LAYERS, Place, node_states, of_source, place_of, worst
from ritournelle.serving.snapshot import Snapshot
from ritournelle.serving.telling import Teller
from ritournelle.serving.writing import Writer, age_seconds


@dataclass(frozen=True)
class Card:
    """One thing with its status: a name, the most important line, and small facts."""

    name: str
    health: Health
    line: str
    facts: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    """What its sensors say that fired."""
    line_language: str = ""
    """Of the line, where it is not the page's: dbt's descriptions are in English."""


@dataclass(frozen=True)
class Clock:
    """How old something is, against what is allowed; `share` of the limit, at most 1, None where there is no limit."""

    name: str
    moment: datetime | None
    health: Health
    limit: str
    share: float | None


@dataclass(frozen=True)
class IncidentLine:
    """One incident with what to do; `technical` is what a program said of it."""

    incident: Incident
    title: str
    message: str
    technical: str
    action: str
    phase: str
    severity: str


@dataclass(frozen=True)
class QuarantineLine:
    """Bad rows of a source: met by its last read, new in it, waiting, and why. No payloads: they hold personal data."""

    source: str
    last_read: int
    new: int | None
    waiting: int | None
    reasons: str


class HealthView:
    """What the template asks for, each made when it is asked for."""

    def __init__(self, snapshot: Snapshot, graph: ProjectGraph, texts: Texts, writer: Writer) -> None:
        self.snapshot = snapshot
        self._texts = texts
        self._writer = writer
        self._teller = Teller(snapshot.report.rules, texts)
        self._states = node_states(snapshot, graph)
        self.has_graph = bool(graph.tables)
        self.nodes: list[Node] = lineage(graph, self._states)

    def sources(self) -> list[Card]:
        """A card for each of the three."""
        return [self._source(str(source)) for source in Source]

    def layers(self) -> list[Card]:
        """A card for each layer, as bad as its worst table."""
        return [self._layer(layer) for layer in LAYERS]

    def marts(self) -> list[Card]:
        """A card for each table that readers and models rest on."""
        return [self._table(node) for node in self.nodes if node.column == "marts"] + [self._lists()]

    def models(self) -> list[Card]:
        """The champion, and what else its sensors watch."""
        state = self._states[MODEL]
        name = self.snapshot.champion or self._texts("models.none")
        line = self._texts("models.serves") if self.snapshot.champion else self._texts("models.popularity_serves")
        facts = [(self._texts("facts.trained"), self._writer.age(state.last_run_at)), *self._quality()]
        return [Card(name, state.health, line, facts, self._fired(Place.MODEL))]

    def platform(self) -> list[Card]:
        """Runs, warehouse and the machine."""
        cards = [self._runs_card()]
        for subject in ("warehouse", "home"):
            readings = [one for one in self.snapshot.report.readings if one.subject == subject]
            if readings:
                good = [self._say(one) for one in readings if not one.has_fired]
                line = good[0] if good else ""
                cards.append(Card(said(subject, self._texts), health_of(readings), line, (), self._notes(readings)))
        return cards

    def clocks(self) -> list[Clock]:
        """Of what readers see, and of each source."""
        published = self.snapshot.report.fresh_as_of
        clocks = [self._clock("published", published, "mart_freshness", "published")]
        for source in Source:
            good = self.snapshot.good_reads.get(str(source))
            clocks.append(self._clock(str(source), good.ended_at if good else None, "source_freshness", str(source)))
        return clocks

    def incidents(self) -> list[IncidentLine]:
        """Those that are not resolved, critical ones first, causes before what follows from them."""
        rank = self._teller.rank
        found = sorted(self.snapshot.report.incidents, key=lambda one: rank(one.sensor, one.subject, one.severity))
        return [self._incident(incident) for incident in found]

    def subjects(self) -> list[str]:
        """What a person may report trouble of: what listeners and other consumers see."""
        marts = [node.key for node in self.nodes if node.column == "marts"]
        return ["recommendations", *map(str, Source), *marts, "page"]

    def runs(self) -> Sequence[RunLine]:
        """The last few."""
        return self.snapshot.runs

    def failing_checks(self) -> list[CheckLine]:
        """Those of the last run with checks that found something, errors first."""
        return sorted((one for one in self.snapshot.checks if not one.is_good), key=lambda one: one.severity == "warn")

    def quarantine(self) -> list[QuarantineLine]:
        """Of each source that was ever read."""
        return [self._quarantined(str(source)) for source in Source if str(source) in self.snapshot.reads]

    def _source(self, source: str) -> Card:
        texts, write = self._texts, self._writer
        state, read = self._states[source], self.snapshot.reads.get(source)
        if read is None:
            return Card(said(source, texts), state.health, texts("sources.never_read"))
        key = "sources.read" if read.status == "succeeded" else "sources.failed"
        facts = [
            (texts("facts.rows"), write.number(state.rows)),
            (texts("facts.good_read"), write.age(state.last_run_at)),
        ]
        facts += [
            (texts(f"facts.{name}"), write.number(read.measures[name]))
            for name in ("inserted", "updated", "deleted", "quarantined")
            if read.measures.get(name)
        ]
        readings = of_source(self.snapshot.report.readings, source)
        line = texts(key, age=write.age(read.ended_at))
        return Card(said(source, texts), state.health, line, facts, self._notes(readings))

    def _layer(self, layer: str) -> Card:
        texts, write = self._texts, self._writer
        if layer == "published":
            moment = self.snapshot.report.fresh_as_of
            readings = [one for one in self.snapshot.report.readings if one.subject == "published"]
            health = worst([health_of(readings), Health.GOOD if moment else Health.UNKNOWN])
            return Card(texts("layers.published"), health, texts("layers.switched", age=write.age(moment)))
        states = [node.state for node in self.nodes if node.column == layer]
        if layer == "raw":
            states += [self._states[str(source)] for source in Source]
        built = [state.last_run_at for state in states if state.last_run_at]
        line = texts("layers.built", age=write.age(max(built))) if built else texts("layers.not_built")
        tables = len([node for node in self.nodes if node.column == layer])
        told = self._tested(sum(state.tests for state in states), sum(state.failing for state in states))
        facts = [(texts("facts.tables"), write.number(tables)), (texts("facts.tests"), told)]
        return Card(texts(f"layers.{layer}"), worst(state.health for state in states), line, facts)

    def _table(self, node: Node) -> Card:
        facts = self._table_facts(node.state)
        return Card(node.key, node.state.health, node.description, facts, line_language="en")

    def _lists(self) -> Card:
        return Card("marts.recommendations", self._states[LISTS].health, "", self._table_facts(self._states[LISTS]))

    def _table_facts(self, state: NodeState) -> list[tuple[str, str]]:
        texts, write = self._texts, self._writer
        return [
            (texts("facts.rows"), write.number(state.rows)),
            (texts("facts.built"), write.age(state.last_run_at)),
            (texts("facts.tests"), self._tested(state.tests, state.failing)),
        ]

    def _tested(self, tests: int, failing: int) -> str:
        write = self._writer
        return (
            self._texts("layers.tests", good=write.number(tests - failing), all=write.number(tests)) if tests else "–"
        )

    def _runs_card(self) -> Card:
        texts, write, run = self._texts, self._writer, self.snapshot.last_run
        readings = [one for one in self.snapshot.report.readings if one.subject == "pipeline"]
        if run is None:
            return Card(texts("runs.card"), health_of(readings), texts("runs.none"), (), self._notes(readings))
        line = texts("runs.last", status=said(run.status, texts), age=write.age(run.started_at))
        facts = [(texts("columns.duration"), write.duration(run.duration_seconds))]
        return Card(texts("runs.card"), health_of(readings), line, facts, self._notes(readings))

    def _quality(self) -> list[tuple[str, str]]:
        found = [row for row in self.snapshot.quality if row["metric"] == METRIC and row["slice"] == "all"]
        if not found:
            return []
        last = max(row["measured_at"] for row in found)
        return [
            (f"{METRIC} · {said(row['role'], self._texts)}", self._writer.number(row["value"]))
            for row in found
            if row["measured_at"] == last
        ]

    def _clock(self, name: str, moment: datetime | None, sensor: str, subject: str) -> Clock:
        reading = self._reading(sensor, subject)
        limit = _limit_seconds(reading, self.snapshot)
        age = age_seconds(moment, self.snapshot.at)
        share = None if age is None or not limit else min(age / limit, 1.0)
        health = health_of([reading] if reading else [])
        if reading is None and moment is not None:
            health = Health.GOOD
        if share == 1.0 and health is Health.GOOD:  # it has passed its limit since its sensor looked
            health = Health.WARNING
        told = self._texts("clocks.limit", limit=self._writer.duration(limit)) if limit else ""
        return Clock(self._texts(f"clocks.{name}"), moment, health, told, share)

    def _reading(self, sensor: str, subject: str) -> Reading | None:
        found = (one for one in self.snapshot.report.readings if one.sensor == sensor and one.subject == subject)
        return next(found, None)

    def _incident(self, incident: Incident) -> IncidentLine:
        texts, rules = self._texts, self.snapshot.report.rules
        rule = rules.by_sensor.get(incident.sensor)
        facts, subject = {"subject": incident.subject, **incident.facts}, self._teller.name(incident.subject)
        language = texts.language
        return IncidentLine(
            incident,
            _heading(rule.title.said(language, facts) if rule else texts("incidents.by_a_person"), subject),
            self._teller.say(_reading(incident)) if rule else incident.message,
            self._teller.technical(incident.facts),
            rule.action.said(language, facts) if rule else "",
            texts(f"incidents.phase.{Phase(incident.phase)}"),
            texts(f"severity.{incident.severity}"),
        )

    def _quarantined(self, source: str) -> QuarantineLine:
        reading = self._reading("quarantine", source)
        read = self.snapshot.reads[source]
        facts = reading.facts if reading else {}
        return QuarantineLine(
            said(source, self._texts),
            int(read.measures.get("quarantined") or 0),
            facts.get("new"),
            facts.get("waiting"),
            str(facts.get("reasons") or "–"),
        )

    def _fired(self, place: Place) -> list[str]:
        return self._notes([one for one in self.snapshot.report.readings if place_of(one.subject) is place])

    def _notes(self, readings: Sequence[Reading]) -> list[str]:
        return [self._say(reading) for reading in readings if reading.has_fired]

    def _say(self, reading: Reading) -> str:
        return self._teller.say(reading)


def _heading(title: str, subject: str) -> str:
    return title if title == subject else f"{title} · {subject}"


def _reading(incident: Incident) -> Reading:
    """The one that it was last seen by."""
    seen = (incident.sensor, incident.subject, Status.FIRED, incident.severity, incident.last_seen_at)
    return Reading(*seen, incident.facts)


def _limit_seconds(reading: Reading | None, snapshot: Snapshot) -> float | None:
    if reading is None or reading.limit is None:
        return None
    hours = HOURS.get(snapshot.report.rules.by_sensor[reading.sensor].unit)
    return None if hours is None else reading.limit * hours * 3600
