"""Templates into pages: the shell around every page, its language, its addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from ritournelle.serving.language import LANGUAGES, Texts, chosen_language

NAVIGATION = (("health", "/health"),)
"""The pages of the bar, by the key of their name in `nav.…`."""


class Pages:
    """Writes pages; `links` are the addresses of the files that they load."""

    def __init__(self, links: Mapping[str, str]) -> None:
        self._links = links
        self._texts = {language: Texts(language) for language in LANGUAGES}
        # Autoescape always: names of artists, messages of sources and of errors are other people's words.
        self._templates = Environment(
            loader=PackageLoader("ritournelle.serving"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for name in self._templates.list_templates():  # now, for the first reader would wait 0.3 s
            self._templates.get_template(name)

    def texts(self, request: Request) -> Texts:
        """Those of the language that this request wants."""
        wanted, accepted = request.query_params.get("lang"), request.headers.get("Accept-Language")
        return self._texts[chosen_language(wanted, accepted)]

    def write(self, request: Request, template: str, page: str, status: int = 200, **shown: Any) -> HTMLResponse:
        """A page as an answer; `page` is its key in the navigation."""
        texts = self.texts(request)
        content = self._templates.get_template(template).render(
            t=texts,
            page=page,
            links=self._links,
            navigation=NAVIGATION,
            other_languages=[_in_language(request, one) for one in LANGUAGES if one != texts.language],
            lang_query=f"?lang={texts.language}" if "lang" in request.query_params else "",
            **shown,
        )
        headers = {"Content-Language": texts.language, "Vary": "Accept-Language"}
        return HTMLResponse(content, status, headers)


def _in_language(request: Request, language: str) -> tuple[str, str]:
    query = dict(request.query_params) | {"lang": language}
    return language, f"{request.url.path}?{urlencode(query)}"
