"""Languages: which one is chosen, and that both say the same things."""

from __future__ import annotations

import re
import unittest
from importlib.resources import files

from ritournelle.serving.charts import CHARTS
from ritournelle.serving.language import LANGUAGES, Texts, chosen_language, load_texts


class ChosenLanguageTest(unittest.TestCase):
    """`?lang=` over the browser's wishes over English."""

    def test_the_dearest_that_there_is(self) -> None:
        for header, wanted in (
            ("fr", "fr"),
            ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
            ("de-DE, de;q=0.9, fr;q=0.5, en;q=0.4", "fr"),
            ("en;q=0.4, fr;q=0.8", "fr"),
            ("fr;q=0, en", "en"),
            ("de, ja", "en"),
            ("", "en"),
            (None, "en"),
            ("fr;q=nonsense", "en"),
            (";;;,,q=1" * 500, "en"),
        ):
            with self.subTest(header=header):
                self.assertEqual(chosen_language(None, header), wanted)

    def test_the_address_overrules_the_browser(self) -> None:
        self.assertEqual(chosen_language("en", "fr"), "en")
        self.assertEqual(chosen_language("FR", "en"), "fr")
        self.assertEqual(chosen_language("klingon", "fr"), "fr")


class TextsTest(unittest.TestCase):
    """Every text stands in both languages and with the same facts."""

    def test_both_languages_have_the_same_keys_and_facts(self) -> None:
        english, french = (load_texts(language) for language in LANGUAGES)
        self.assertEqual(english.keys(), french.keys())
        for key, text in english.items():
            with self.subTest(key=key):
                self.assertEqual(_facts(text), _facts(french[key]))
                self.assertTrue(text.strip() and french[key].strip())

    def test_french_is_written_as_french(self) -> None:
        for key, text in load_texts("fr").items():
            with self.subTest(key=key):
                self.assertIsNone(re.search(r"\w[:;!?](?!//)", text), "a space stands before : ; ! ?")

    def test_every_text_that_a_template_names_is_there(self) -> None:
        known = load_texts("en")
        folder = files("ritournelle.serving").joinpath("templates")
        pages = "".join(page.read_text(encoding="utf-8") for page in folder.iterdir())
        named = set(re.findall(r"\bt\('([\w.]+)'[,)]", pages))
        counted = set(re.findall(r"\bt\.counted\('([\w.]+)'", pages))
        self.assertGreater(len(named), 50)
        self.assertEqual(named - known.keys(), set())
        self.assertEqual({f"{key}.{form}" for key in counted for form in ("one", "many")} - known.keys(), set())

    def test_every_chart_has_its_title(self) -> None:
        for language in LANGUAGES:
            for draw in CHARTS.values():
                self.assertTrue(draw([], Texts(language)).title)

    def test_one_and_many(self) -> None:
        self.assertEqual(Texts("en").counted("incidents.seen", 0), "seen 0 times")
        self.assertEqual(Texts("fr").counted("incidents.seen", 0), "vu une fois")
        self.assertEqual(Texts("en").counted("headline.warning", 1), "Works, with one warning")
        self.assertEqual(Texts("fr").counted("headline.warning", 3), "Ça marche, avec 3 avertissements")


def _facts(text: str) -> set[str]:
    return set(re.findall(r"{(\w*)}", text))
