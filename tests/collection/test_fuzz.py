"""Damaged exports: never a crash, never a hang, never a row lost in silence."""

import random
import re

import pyarrow.parquet as pq
import pytest

from orchestration.collection.contacts import REJECTED_ROW
from orchestration.errors import SkillsBankError

from .conftest import limesurvey_csv, limesurvey_vv, made_up

VARIANTS = 100


def truncated(draw, content, _rows):
    return content[: draw.randrange(len(content))]


def random_bytes(draw, content, _rows):
    content = bytearray(content)
    for _ in range(draw.randint(1, 20)):
        content[draw.randrange(len(content))] = draw.randrange(256)
    return bytes(content)


def random_signs(draw, content, _rows):
    """Bytes that mean something to the format, where they do most harm."""
    content = bytearray(content)
    for _ in range(draw.randint(1, 12)):
        content[draw.randrange(len(content))] = draw.choice(b'";\t\r\n\\{}')
    return bytes(content)


def inserted(draw, content, _rows):
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(content))
        content = (
            content[:at] + draw.choice([b'"', b"\n", b"\r\n", b";", b"\t", b'""', b"\r", b"x"]) + content[at:]
        )
    return content


def deleted(draw, content, _rows):
    for _ in range(draw.randint(1, 6)):
        at = draw.randrange(len(content))
        content = content[:at] + content[at + draw.randint(1, 40) :]
    return content


def shuffled_lines(draw, content, _rows):
    lines = content.splitlines(keepends=True)
    middle = lines[2:]
    draw.shuffle(middle)
    return b"".join(lines[:2] + middle)


def spliced(draw, content, _rows):
    """A copy that was broken off and begun again."""
    return content[: draw.randrange(len(content))] + content[draw.randrange(len(content)) :]


DAMAGES = [truncated, random_bytes, random_signs, inserted, deleted, shuffled_lines, spliced]


def columns_swapped(draw, headings, rows):
    order = list(range(len(headings)))
    one, two = draw.sample(order, 2)
    order[one], order[two] = two, one
    if draw.random() < 0.5:  # the headings stay, so that cells stand in the wrong column
        return headings, [[row[place] for place in order] for row in rows]
    return [headings[place] for place in order], [[row[place] for place in order] for row in rows]


def row_lines(content, rows, separator):
    """Each row's own bytes by its id, for those of one line."""
    begins = b"\n" + (b'"%s";' if separator == b";" else b"%s\t")
    found = {}
    for row in rows:
        start = content.index(begins % row[0].encode()) + 1
        found[row[0]] = content[start : content.index(b"\n", start) + 1]
    return found


@pytest.mark.parametrize("variant", range(VARIANTS))
@pytest.mark.parametrize("source", ["limesurvey", "limesurvey_vv"])
def test_damaged_export(place, codebook, source, variant):
    draw = random.Random(f"{source} {variant}")
    headings, rows = made_up(codebook, 12, seed=variant)
    rows = [[cell.replace("\n", " ") for cell in row] for row in rows]
    make = limesurvey_csv if source == "limesurvey" else limesurvey_vv
    if variant % 8 == 0:
        headings, rows = columns_swapped(draw, headings, rows)
        content = damaged = make(headings, rows)
        intact = {}
    else:
        content = make(headings, rows)
        damaged = draw.choice(DAMAGES)(draw, content, rows)
        lines = row_lines(content, rows, b";" if source == "limesurvey" else b"\t")
        intact = {number: line for number, line in lines.items() if b"\n" + line in damaged}
    path = place.folder / "inbox" / "export"
    path.parent.mkdir(parents=True)
    path.write_bytes(damaged)
    try:
        collected = place.collect(path, source)
    except SkillsBankError:
        assert [file for file in place.folder.rglob("*") if file.is_file() and file != path] == []
        return
    archived = pq.read_table(collected.entry.path).to_pylist()
    people = pq.read_table(place.contacts_of(collected.entry)).to_pylist()
    rejected = [row["value"] for row in people if row["field"] == REJECTED_ROW]
    assert [row["row_number"] for row in archived] == list(range(1, collected.rows + 1))
    assert sum(row["rejected"] is not None for row in archived) == collected.rejected == len(rejected)
    ids = [row["id"] for row in archived if row["rejected"] is None]
    text = "\n".join(rejected).encode()
    lost = [number for number, line in intact.items() if number not in ids and line not in text]
    assert lost == []
    # What is neither a row, nor a rejected one, nor the headings, is blank lines.
    if not collected.rejected and source == "limesurvey_vv":
        body = damaged[re.search(rb"^id\t.*\n", damaged, re.MULTILINE).end() :]
        assert len([line for line in re.split(rb"\r\n|\r|\n", body) if line]) == collected.rows


def test_the_damages_are_both_refused_and_collected(place, codebook, tmp_path):
    """The test above would prove nothing if every variant were refused, or none damaged."""
    outcomes = set()
    for variant in range(30):
        draw = random.Random(f"limesurvey {variant}")
        headings, rows = made_up(codebook, 12, seed=variant)
        path = tmp_path / f"{variant}.csv"
        path.write_bytes(draw.choice(DAMAGES)(draw, limesurvey_csv(headings, rows), rows))
        try:
            outcomes.add("rejected rows" if place.collect(path).rejected else "whole")
        except SkillsBankError:
            outcomes.add("refused")
    assert outcomes == {"rejected rows", "whole", "refused"}
