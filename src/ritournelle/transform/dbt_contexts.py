"""What dbt's Jinja knows while a model or test is compiled and run: put together once for both, not twice."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from dbt import compilation
from dbt.clients.jinja import MacroGenerator
from dbt.config.runtime import RuntimeConfig
from dbt.context import providers
from dbt.context.base import BaseContext
from dbt.context.macros import MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.context.providers import ModelContext, RuntimeProvider
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import Macro, ManifestNode
from dbt.exceptions import DuplicateMacroNameError
from dbt.task import run, test


class _Kept(threading.local):
    """The context that a thread made last."""

    context: ModelContext | None = None


_kept = _Kept()
_with_macros = ManifestContext.to_dict


def share_contexts() -> None:
    """From now on, in this process, a node runs in the context that it was compiled in, brought up to date.

    dbt makes one for each of the two: it wraps 623 macros, and then asks five dictionaries for each of them. That was
    .5 s of CPU for 135 nodes.
    """
    for module in (compilation, run, test):  # dbt has no hook for any of this
        setattr(module, "generate_runtime_model_context", _context)
    setattr(providers, "IsFQNResource", _Named)
    setattr(MacroNamespaceBuilder, "add_macros", _add_macros)
    setattr(ManifestContext, "to_dict", _to_dict)


class _NamedType(type):
    """As `typing` looks at a protocol of three fields, without looking for descriptors: .05 s of CPU for 270 times."""

    def __instancecheck__(cls, instance: object) -> bool:
        return all(hasattr(instance, name) for name in ("fqn", "resource_type", "package_name"))


class _Named(metaclass=_NamedType):
    """What variables may be set for by its name."""


def _context(model: ManifestNode, config: RuntimeConfig, manifest: Manifest) -> dict[str, Any]:
    """`to_dict` asks the node again, for the code that it was compiled to among the rest."""
    last = _kept.context
    if last is None or last.model is not model or last.config is not config or last.manifest is not manifest:
        last = _kept.context = ModelContext(model, config, manifest, RuntimeProvider(), None)
    return last.to_dict()  # type: ignore[no-any-return,no-untyped-call]  # dbt gives it no types


def _add_macros(builder: MacroNamespaceBuilder, macros: Iterable[Macro], ctx: dict[str, Any]) -> None:
    """As dbt's own, in one loop."""
    node, stack, internal = builder.node, builder.thread_ctx, builder.internal_package_names
    for macro in macros:
        name, package = macro.name, macro.package_name
        wrapped = MacroGenerator(macro, ctx, node, stack)
        packages = builder.internal_packages if package in internal else builder.packages
        namespace = packages.setdefault(package, {})
        if name in namespace:
            raise DuplicateMacroNameError(wrapped.macro, macro, package)
        namespace[name] = wrapped
        if package in internal:
            continue
        if package == builder.search_package:
            builder.locals[name] = wrapped
        elif package == builder.root_package:
            builder.globals[name] = wrapped


def _to_dict(context: ManifestContext) -> dict[str, Any]:
    """As dbt's own, by whole dictionaries: the first that knows a name decides."""
    if not isinstance(context.namespace, MacroNamespace):
        return _with_macros(context)
    known = BaseContext.to_dict(context)
    # pylint: disable-next=protected-access  # the order is dbt's, and only there
    for macros in reversed(list(context.namespace._search_order())):
        known.update(macros)
    return known
