"""The lineage as a drawing: where each box stands and how each arrow bends, in the units of an SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ritournelle.serving.lineage import COLUMNS, Node

BOX_WIDTH, BOX_HEIGHT = 142, 58
_GAP_X, _GAP_Y, _TOP, _EDGE = 30, 12, 34, 4
_SWEEPS = 4


@dataclass(frozen=True)
class Box:
    """A node with the place of its upper left corner."""

    node: Node
    x: float
    y: float


@dataclass(frozen=True)
class Drawing:
    """`arrows` are path data; `headings` name each column with the middle of its x."""

    boxes: Sequence[Box]
    arrows: Sequence[str]
    headings: Sequence[tuple[str, float]]
    width: float
    height: float
    box_width: float = BOX_WIDTH
    box_height: float = BOX_HEIGHT


def draw(nodes: Sequence[Node]) -> Drawing:
    """Columns from left to right, each in the middle; arrows between columns only, for those within would be hidden."""
    columns = _ordered({name: [node for node in nodes if node.column == name] for name in COLUMNS})
    shown = {name: column for name, column in columns.items() if column}
    tallest = max((len(column) for column in shown.values()), default=1)
    height = _TOP + tallest * (BOX_HEIGHT + _GAP_Y) + _EDGE
    boxes, headings = [], []
    for place, (name, column) in enumerate(shown.items()):
        x = _EDGE + place * (BOX_WIDTH + _GAP_X)
        headings.append((name, x + BOX_WIDTH / 2))
        free = (tallest - len(column)) * (BOX_HEIGHT + _GAP_Y) / 2
        boxes += [Box(node, x, _TOP + free + row * (BOX_HEIGHT + _GAP_Y)) for row, node in enumerate(column)]
    width = 2 * _EDGE + len(shown) * (BOX_WIDTH + _GAP_X) - _GAP_X
    return Drawing(boxes, _arrows(boxes), headings, width, height)


def _ordered(columns: Mapping[str, list[Node]]) -> dict[str, list[Node]]:
    """Each column in the order of the middle of what its nodes are made of, then of what is made of them, in turn."""
    ordered = dict(columns)
    neighbours = _neighbours([node for column in columns.values() for node in column])
    for _ in range(_SWEEPS):
        for names in (COLUMNS, tuple(reversed(COLUMNS))):
            for name in names:
                ordered[name] = _by_middle(ordered[name], neighbours, _places(ordered))
    return ordered


def _neighbours(nodes: Sequence[Node]) -> dict[str, list[str]]:
    column_of = {node.key: node.column for node in nodes}
    found: dict[str, list[str]] = {node.key: [] for node in nodes}
    for node in nodes:
        for parent in node.made_of:
            if column_of.get(parent, node.column) != node.column:
                found[node.key].append(parent)
                found[parent].append(node.key)
    return found


def _places(columns: Mapping[str, Sequence[Node]]) -> dict[str, float]:
    return {
        node.key: (row + 0.5) / len(column) for column in columns.values() for row, node in enumerate(column) if column
    }


def _by_middle(
    column: Sequence[Node], neighbours: Mapping[str, Sequence[str]], places: Mapping[str, float]
) -> list[Node]:
    def middle(node: Node) -> float:
        beside = [places[key] for key in neighbours[node.key]]
        return sum(beside) / len(beside) if beside else places[node.key]

    return sorted(column, key=middle)


def _arrows(boxes: Sequence[Box]) -> list[str]:
    by_key = {box.node.key: box for box in boxes}
    return [
        _bend(by_key[parent], box)
        for box in boxes
        for parent in box.node.made_of
        if parent in by_key and by_key[parent].x < box.x
    ]


def _bend(start: Box, end: Box) -> str:
    x1, y1 = start.x + BOX_WIDTH, start.y + BOX_HEIGHT / 2
    x2, y2 = end.x, end.y + BOX_HEIGHT / 2
    middle = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"
