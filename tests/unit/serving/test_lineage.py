"""Lineage: from dbt's manifest to nodes, and from nodes to a drawing."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any

import msgspec

from ritournelle.monitoring.health import Health
from ritournelle.serving.drawing import draw
from ritournelle.serving.lineage import NodeState, lineage
from ritournelle.serving.manifest import GraphFile, ProjectGraph, graph_of
from tests.served import GRAPH


def manifest() -> dict[str, Any]:
    """As dbt writes it, with what the page leaves out: bookkeeping, tests, sources of operations."""

    def node(kind: str, schema: str, name: str, *parents: str) -> dict[str, Any]:
        return {
            "resource_type": kind,
            "schema": schema,
            "name": name,
            "description": f"About {name}.",
            "depends_on": {"nodes": list(parents), "macros": []},
        }

    return {
        "sources": {
            "source.r.raw.src_users": node("source", "raw", "src_users") | {"depends_on": None},
            "source.r.ops.runs": node("source", "ops", "runs"),
        },
        "nodes": {
            "model.r.stg_users": node("model", "staging", "stg_users", "source.r.raw.src_users", "source.r.ops.runs"),
            "model.r.changed_users": node("model", "staging", "changed_users", "model.r.stg_users"),
            "model.r.interactions": node(
                "model", "marts", "interactions", "model.r.stg_users", "model.r.changed_users"
            ),
            "test.r.one_row": node("test", "tests", "one_row", "model.r.interactions"),
        },
        "exposures": {
            "exposure.r.training": node("exposure", "", "training", "model.r.interactions"),
            "exposure.r.batch_recommendations": node("exposure", "", "batch_recommendations", "model.r.stg_users"),
        },
    }


class GraphTest(unittest.TestCase):
    """What of dbt's manifest is shown."""

    def test_tables_and_what_they_are_made_of(self) -> None:
        graph = graph_of(manifest())
        self.assertEqual(
            [table.key for table in graph.tables], ["raw.src_users", "staging.stg_users", "marts.interactions"]
        )
        self.assertEqual(graph.tables[1].made_of, ("raw.src_users",))
        self.assertEqual(graph.tables[2].made_of, ("staging.stg_users",))
        self.assertEqual((graph.training, graph.lists), (("marts.interactions",), ("staging.stg_users",)))

    def test_a_file_is_read_again_when_it_has_changed(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "partial_parse.msgpack"
            file = GraphFile(path)
            self.assertEqual(file.graph(), ProjectGraph())
            path.write_bytes(msgspec.msgpack.encode(manifest()))
            self.assertEqual(len(file.graph().tables), 3)
            path.write_bytes(b"half a fi")
            self.assertEqual(file.graph(), ProjectGraph())
            path.write_bytes(msgspec.msgpack.encode({"nodes": {"x": {}}, "sources": {}, "exposures": {}}))
            self.assertEqual(file.graph(), ProjectGraph())


class LineageTest(unittest.TestCase):
    """From source to lists, with and without a transform."""

    def test_every_step_leads_to_the_lists(self) -> None:
        nodes = {node.key: node for node in lineage(GRAPH, {"core.dim_users": NodeState(Health.WARNING, 101)})}
        key, way = "lists", []
        while key not in ("users", "tracks", "listen_history"):
            way.append(key)
            key = nodes[key].made_of[0]
        self.assertEqual(
            way,
            ["lists", "model", "marts.interactions", "core.dim_users", "staging.stg_users", "raw.src_users"],
        )
        self.assertEqual(nodes["core.dim_users"].state.rows, 101)
        self.assertEqual(nodes["marts.interactions"].state, NodeState())

    def test_before_anything_has_run(self) -> None:
        nodes = lineage(ProjectGraph(), {})
        self.assertEqual({node.column for node in nodes}, {"source", "raw", "model", "lists"})
        self.assertTrue(all(node.state.health is Health.UNKNOWN for node in nodes))


class DrawingTest(unittest.TestCase):
    """Boxes stand apart, inside, and arrows lead to the right."""

    def test_boxes_do_not_touch(self) -> None:
        drawing = draw(lineage(GRAPH, {}))
        places = [(box.x, box.y) for box in drawing.boxes]
        self.assertEqual(len(set(places)), len(places))
        for x, y in places:
            self.assertLessEqual(x + drawing.box_width, drawing.width)
            self.assertLessEqual(y + drawing.box_height, drawing.height)
        for x, y in places:
            for other_x, other_y in places:
                if x == other_x and y < other_y:
                    self.assertGreaterEqual(other_y - y, drawing.box_height)

    def test_an_arrow_for_each_thing_that_something_is_made_of(self) -> None:
        nodes = lineage(GRAPH, {})
        wanted = sum(len(node.made_of) for node in nodes)
        arrows = draw(nodes).arrows
        self.assertEqual(len(arrows), wanted)
        for arrow in arrows:
            start, end = arrow[1:].split("C")
            self.assertLess(float(start.split()[0]), float(end.split()[-2]))

    def test_nothing_to_draw(self) -> None:
        self.assertEqual(draw([]).boxes, [])
