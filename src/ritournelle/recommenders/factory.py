"""From the name of a recommender in settings or artefacts to the thing itself."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ritournelle.errors import ModelError, SettingsError
from ritournelle.recommenders.als import AlsRecommender
from ritournelle.recommenders.artefact import read_description
from ritournelle.recommenders.base import Recommender
from ritournelle.recommenders.blend import BlendRecommender
from ritournelle.recommenders.chance import ChanceRecommender
from ritournelle.recommenders.content import ContentRecommender
from ritournelle.recommenders.ease import EaseRecommender
from ritournelle.recommenders.ials import IalsRecommender
from ritournelle.recommenders.item_knn import ItemKnnRecommender
from ritournelle.recommenders.popularity import PopularityRecommender
from ritournelle.recommenders.session_knn import SessionKnnRecommender
from ritournelle.recommenders.transitions import TransitionsRecommender

_FAMILIES: dict[str, type[Recommender]] = {
    family.name: family
    for family in (
        AlsRecommender,
        BlendRecommender,
        ChanceRecommender,
        ContentRecommender,
        EaseRecommender,
        IalsRecommender,
        ItemKnnRecommender,
        PopularityRecommender,
        SessionKnnRecommender,
        TransitionsRecommender,
    )
}


def known_recommenders() -> list[str]:
    """The names that settings may use."""
    return sorted(_FAMILIES)


def recommender_class(name: str) -> type[Recommender]:
    """The class behind a name, or behind an import path such as `my_package.models:MyModel`.

    Raises `SettingsError`: with the known names for another one, or with what is wrong with the path.
    """
    if ":" in name:
        return _imported(name)
    try:
        return _FAMILIES[name]
    except KeyError as error:
        known = ", ".join(known_recommenders())
        raise SettingsError(
            f"there is no recommender called {name!r}; known: {known}, or a class of your own as `package.module:Class`"
        ) from error


def create_recommender(name: str, **options: Any) -> Recommender:
    """A recommender of this name, not fitted yet; `SettingsError` for a name or an option that is not known."""
    family = recommender_class(name)
    try:
        config = family.config_type(**options)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise SettingsError(f"the recommender {name!r} cannot be set up so: {problems}") from error
    return family(config)


def load_recommender(folder: Path) -> Recommender:
    """Whatever model lies in a folder; `ModelError` if it is missing, corrupt, or of an unknown family."""
    name = read_description(folder).name
    try:
        family = recommender_class(name)
    except SettingsError as error:
        raise ModelError(f"{folder} holds a model that cannot be read here: {error}") from error
    return family.load(folder)


def _imported(path: str) -> type[Recommender]:
    """The class at `package.module:Class`; a whole `Recommender`, or `SettingsError`."""
    module, _, name = path.partition(":")
    try:
        found = getattr(import_module(module), name)
    except ImportError as error:
        raise SettingsError(
            f"{module!r} of the recommender {path!r} cannot be imported ({error}); install the package that holds it "
            "beside ritournelle, or name its folder in PYTHONPATH"
        ) from error
    except AttributeError as error:
        raise SettingsError(f"the module {module!r} has no class {name!r}, which {path!r} names") from error
    if not isinstance(found, type) or not issubclass(found, Recommender):
        raise SettingsError(f"{path!r} is no subclass of ritournelle.recommenders.base.Recommender")
    if found.__abstractmethods__:
        raise SettingsError(f"{path!r} does not bring {', '.join(sorted(found.__abstractmethods__))}")
    return found
