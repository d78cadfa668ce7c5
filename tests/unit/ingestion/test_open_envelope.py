"""What surrounds the rows of a page: read, or refused in words."""

from __future__ import annotations

import unittest

from ritournelle.ingestion.pages import Opener, open_envelope


class OpenEnvelopeTest(unittest.TestCase):
    def refusal(self, body: bytes) -> str:
        with self.assertRaises(ValueError) as caught:
            open_envelope(body)
        return str(caught.exception)

    def test_a_page(self) -> None:
        envelope = open_envelope(
            b'{"items": [{"items": [1]}], "total": 1, "page": 1, "size": 100, "pages": 1, "x": {}}'
        )
        self.assertEqual(bytes(envelope.items), b'[{"items": [1]}]')
        self.assertEqual((envelope.total, envelope.pages, envelope.page), (1, 1, 1))

    def test_a_body_that_comes_again_is_the_same_page(self) -> None:
        opener, body = Opener(), b'{"items":[{"id":1}],"total":1,"page":1,"pages":1}'
        first, second = opener.open(body), opener.open(bytes(bytearray(body)))
        for envelope in (first, second):
            self.assertEqual((envelope.total, envelope.pages, envelope.page), (1, 1, 1))
            self.assertEqual((bytes(envelope.items), envelope.digest), (b'[{"id":1}]', first.digest))
        for _ in range(2):
            with self.assertRaises(ValueError):
                opener.open(b"[]")

    def test_what_is_around_does_not_matter(self) -> None:
        for body in (
            b' \r\n{"items":[],"total":0,"pages":0}\n',
            b'\xef\xbb\xbf{"items":[],"total":0,"pages":0}',
            b'{"pages":0,"total":0,"items":[],"page":null}',
        ):
            with self.subTest(body):
                self.assertEqual(bytes(open_envelope(body).items), b"[]")

    def test_damaged_rows_are_still_a_page(self) -> None:
        for items in (b"[NaN]", b"[-Infinity]", b'["caf\xe9"]', b'["\xed\xa0\x80"]', b"[%b]" % (b"9" * 5000)):
            with self.subTest(items[:20]):
                envelope = open_envelope(b'{"items":%b,"total":1,"pages":1}' % items)
                self.assertEqual((envelope.total, envelope.pages), (1, 1))

    def test_no_json(self) -> None:
        for body in (b"", b"<html>", b'{"items":[', b'{"items":[],"total":0,"pages":0} and more', b"\xff\xfe"):
            with self.subTest(body):
                self.assertRegex(self.refusal(body), "^its body is not JSON: ")

    def test_no_page(self) -> None:
        for body in (
            b"null",
            b"[]",
            b'{"detail":"no"}',
            b'{"items":[],"total":0}',
            b'{"items":[],"total":"0","pages":0}',
            b'{"items":[],"total":1.5,"pages":0}',
            b'{"items":[],"total":null,"pages":0}',
        ):
            with self.subTest(body):
                self.assertRegex(self.refusal(body), "^its JSON is not a page of rows: ")

    def test_items_that_are_no_list(self) -> None:
        for items in (b"{}", b"null", b'"[]"', b"7"):
            with self.subTest(items):
                self.assertEqual(self.refusal(b'{"items":%b,"total":1,"pages":1}' % items), "its `items` is no list")

    def test_numbers_that_cannot_be(self) -> None:
        self.assertEqual(self.refusal(b'{"items":[],"total":-1,"pages":0}'), "it announces 0 pages for -1 rows")
        self.assertEqual(self.refusal(b'{"items":[],"total":3,"pages":-1}'), "it announces -1 pages for 3 rows")
        self.assertEqual(self.refusal(b'{"items":[],"total":3,"pages":9}'), "it announces 9 pages for 3 rows")

    def test_nested_too_deeply(self) -> None:
        body = b'{"items":[%b%b],"total":1,"pages":1}' % (b"[" * 100_000, b"]" * 100_000)
        self.assertEqual(self.refusal(body), "its JSON is nested too deeply")
