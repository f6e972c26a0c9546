"""What a PDF says. Belongs here: its language and the text of its pages as a reader would copy it, fast enough for a
gate. Does not: its layout, or what is expected of it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from functools import cache

_STREAM = re.compile(rb"(\d+) 0 obj\s*(<<(?:(?!endobj).)*?>>)\s*stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj", re.DOTALL)
_PACKED = re.compile(rb"/ObjStm.*?/First (\d+)")
_PAGE = re.compile(rb"/Type/Page(?!s).*?/Resources (\d+) 0 R.*?/Contents (\d+) 0 R", re.DOTALL)
_LANGUAGE = re.compile(rb"/Type/Catalog.*?/Lang\(([a-z]{2})\)", re.DOTALL)
_FONTS = re.compile(rb"/Font<<(.*?)>>")
_FONT = re.compile(rb"/(\w+) (\d+) 0 R")
_UNICODE = re.compile(rb"/ToUnicode (\d+) 0 R")
_CHARACTER = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
# Choosing a font, showing literal strings (alone, or with distances between), and the end of a text. A string may hold
# brackets as they are, but never one before a digit or the operator: the first byte of each code is an escape.
_SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf|\[[-\d. ]*\((.*?)\)[-\d. ]*\]TJ|Tm\((.*?)\)Tj|\n(ET)\n", re.DOTALL)
_DISTANCE = re.compile(rb"\)[-\d. ]+\(")
_BRACKET = re.compile(rb"\\(?:\\|([()]))")


def read_pdf(pdf: bytes) -> tuple[str | None, str]:
    """The language and the texts of a PDF as Typst writes it, one after the other, page by page.

    Read by ISO 32000-1, 9.4.3 and 9.10.3: two-byte codes, and each font's map to Unicode. A file that is not of this
    kind gives an empty text, and what lies in a picture of dots is not seen.
    """
    plain, streams = _objects(pdf)
    read = cache(lambda number: _characters(streams.get(number, b"")))
    lines: list[str] = []
    language = next((found[1].decode() for said in plain.values() if (found := _LANGUAGE.search(said))), None)
    for said in plain.values():
        if page := _PAGE.search(said):
            fonts = _FONTS.search(plain.get(int(page[1]), b""))
            maps = {
                name: read(int(to[1]))
                for name, font in _FONT.findall(fonts[1] if fonts else b"")
                if (to := _UNICODE.search(plain.get(int(font), b"")))
            }
            lines += _texts(streams.get(int(page[2]), b""), maps)
    return language, " ".join(lines)


def _objects(pdf: bytes) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """The objects that are no streams, and the contents of the others, by number."""
    streams, packed = {}, []
    for number, said, raw in _STREAM.findall(pdf):
        content = zlib.decompressobj().decompress(raw) if b"/FlateDecode" in said else raw
        if first := _PACKED.search(said):
            packed.append((int(first[1]), content))
        else:
            streams[int(number)] = content
    plain = {int(number): said for number, said in _OBJECT.findall(_STREAM.sub(b"", pdf))}
    for offset, content in packed:
        heads = [int(word) for word in content[:offset].split()]
        ends = [*heads[3::2], len(content) - offset]
        plain |= {
            number: content[offset + start : offset + end]
            for number, start, end in zip(heads[::2], heads[1::2], ends, strict=True)
        }
    return plain, streams


def _characters(cmap: bytes) -> dict[int, str]:
    """A font's codes with what they stand for."""
    return {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be", "replace")
        for code, text in _CHARACTER.findall(cmap.partition(b"endcodespacerange")[2])
    }


def _texts(content: bytes, maps: Mapping[bytes, Mapping[int, str]]) -> Iterator[str]:
    """What a page's stream shows, a text object at a time."""
    font: Mapping[int, str] = {}
    text = ""
    for shown in _SHOWN.finditer(content):
        if shown[1]:
            font = maps.get(shown[1], {})
        elif shown[4]:
            yield text
            text = ""
        else:
            literal = _BRACKET.sub(_as_octal, _DISTANCE.sub(b"", shown[2] or shown[3]))
            codes = literal.decode("unicode_escape").encode("latin-1")
            text += codes.decode("utf-16-be", "replace").translate(font)


def _as_octal(found: re.Match[bytes]) -> bytes:
    """A bracket as the escape that Python knows too."""
    return b"\\%03o" % ord(found[1]) if found[1] else found[0]
