"""Templates into pages: the shell around every page, its language, its addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from ritournelle.serving.api.sessions import COOKIE
from ritournelle.serving.language import LANGUAGES, Texts, chosen_language
from ritournelle.serving.refusing import Refused

HEALTH_ONLY = (("health", "/health"),)
NAVIGATION = (("listen", "/listen"), ("tracks", "/tracks"), ("models", "/models"), *HEALTH_ONLY)
"""The pages of the bar, by the key of their name in `nav.…`."""


class Pages:
    """Writes pages; `links` are the addresses of the files that they load, `navigation` what stands in the bar.

    `token` goes into the form of the bar.
    """

    def __init__(
        self, links: Mapping[str, str], navigation: Sequence[tuple[str, str]] = HEALTH_ONLY, token: str = ""
    ) -> None:
        self._links, self._navigation, self._token = links, navigation, token
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
            navigation=self._navigation,
            form_token=self._token,
            is_signed_in=COOKIE in request.cookies,
            other_languages=[_in_language(request, one) for one in LANGUAGES if one != texts.language],
            lang_query=lang_query(request, texts),
            **shown,
        )
        headers = {"Content-Language": texts.language, "Vary": "Accept-Language"}
        return HTMLResponse(content, status, headers)

    def refuse(self, request: Request, page: str, refused: Refused, back: str) -> HTMLResponse:
        """A page that says what was not done and why; `back` is where to go on."""
        return self.write(request, "refused.html", page, refused.status, refused=refused, back=back)


def lang_query(request: Request, texts: Texts) -> str:
    """What addresses end in, so that a language that was chosen stays; nothing while it is the browser's."""
    return f"?lang={texts.language}" if "lang" in request.query_params else ""


def _in_language(request: Request, language: str) -> tuple[str, str]:
    query = dict(request.query_params) | {"lang": language}
    return language, f"{request.url.path}?{urlencode(query)}"
