"""Making a PDF small. Belongs here: packing its objects as ISO 32000-1, 7.5.7 and 7.5.8 allow. Does not: what it says,
or how it looks."""

from __future__ import annotations

import re
import zlib

import numpy as np

_AT_ONCE = 200  # objects in one stream: a reader unpacks all to see one
_TABLE = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_TRAILER = re.compile(rb"trailer\s*<<(.*)>>\s*startxref", re.DOTALL)
_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj\s*", re.DOTALL)


def compact(pdf: bytes) -> bytes:
    """The same document with its plain objects in compressed streams.

    A tagged table is an object a cell, which Typst writes one by one as text.

    Raises:
        ValueError: this is not one PDF section with a classic cross-reference table, as Typst 0.15 writes it.
    """
    table, trailer = _TABLE.search(pdf), _TRAILER.search(pdf)
    if table is None or trailer is None:
        raise ValueError("this PDF has no classic cross-reference table")
    objects = _objects(pdf, int(table[1]))
    out = bytearray(pdf[: min(offset for offset, _ in objects.values())])
    number = max(objects)
    # Per object: 1 and its offset, or 2 with its stream and place there.
    where: dict[int, tuple[int, int, int]] = {}

    def add(of: int, body: bytes) -> None:
        where[of] = (1, len(out), 0)
        out.extend(b"%d 0 obj\n%b\nendobj\n" % (of, body))

    plain = {of: body for of, (_, body) in objects.items() if not body.endswith(b"endstream")}
    for of, (_, body) in objects.items():
        if of not in plain:
            add(of, body)
    waiting = list(plain)
    for start in range(0, len(waiting), _AT_ONCE):
        number += 1
        packed, heads, length = waiting[start : start + _AT_ONCE], [], 0
        for place, of in enumerate(packed):
            heads.append(b"%d %d" % (of, length))
            length += len(plain[of]) + 1
            where[of] = (2, number, place)
        head = b" ".join(heads) + b"\n"
        bodies = head + b"\n".join(plain[of] for of in packed)
        add(number, _stream(b"/Type/ObjStm/N %d/First %d" % (len(packed), len(head)), bodies))
    number += 1
    at = len(out)
    where[number] = (1, at, 0)
    kept = re.sub(rb"/Size\s+\d+", b"", trailer[1]).strip()
    rows = _rows(where, number + 1)
    said = b"/Type/XRef/Size %d/W[1 4 2]/DecodeParms<</Predictor 12/Columns 7>>%b" % (number + 1, kept)
    out.extend(b"%d 0 obj\n%b\nendobj\nstartxref\n%d\n%%%%EOF\n" % (number, _stream(said, rows), at))
    return bytes(out)


def _objects(pdf: bytes, table: int) -> dict[int, tuple[int, bytes]]:
    """Number → offset and body, in their order in the file."""
    head = re.compile(rb"xref\s+0 (\d+)\s+").match(pdf, table)
    if head is None:
        raise ValueError("this PDF has more than one section")
    entries = re.findall(rb"(\d{10}) \d{5} ([nf])\s", pdf[head.end() : head.end() + 20 * int(head[1])])
    offsets = sorted(int(offset) for offset, kind in entries if kind == b"n")
    objects = {}
    for offset, end in zip(offsets, [*offsets[1:], table], strict=True):
        found = _OBJECT.fullmatch(pdf[offset:end])
        if found is None:
            raise ValueError(f"there is no object at {offset}")
        objects[int(found[1])] = offset, found[2]
    return objects


def _stream(said: bytes, content: bytes) -> bytes:
    packed = zlib.compress(content)
    return b"<<%b/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (said, len(packed), packed)


def _rows(where: dict[int, tuple[int, int, int]], size: int) -> bytes:
    """The cross-reference rows of 1, 4 and 2 bytes, each as its difference from the one above (PNG's filter "up")."""
    fields = np.zeros((size, 3), dtype=">u4")
    for number, row in where.items():
        fields[number] = row
    plain = fields.view(np.uint8).reshape(size, 12)[:, [3, 4, 5, 6, 7, 10, 11]]
    above = np.vstack([np.zeros((1, 7), np.uint8), plain[:-1]])
    return np.hstack([np.full((size, 1), 2, np.uint8), plain - above]).tobytes()
