"""1,000 damaged files of all formats: never a crash, never a hang, never a row lost in silence.

Every variant goes through intake; what is taken in is decoded, and each of its rows must be a response or stand in
quarantine. Each row carries a mark: every mark that is left in a damaged file must be in the archive or the contacts.
"""

import io
import random
import re
import time
import zipfile
from collections import Counter

import pyarrow.parquet as pq
import pytest

from orchestration.errors import SkillsBankError

from .passing import collect, contacts, decoded, put
from .questionnaires import drawn
from .writers import FORMATS, RESPONSES
from .zip_writers import unzipped, zipped

# ReadStat reads in a process of its own, which takes a second to start: a few are enough for what stands around it.
VARIANTS = dict.fromkeys(FORMATS, 45) | {"csv": 49, "sav": 6}
ROWS = 8
SECONDS = 5
TEXTS = ["", "RAS", 'dit "oui"', "l'été", "a;b,c", "deux\nlignes", "<b>", "=1+1", "12,5", "x" * 200]
MARK = re.compile(rb"mark[a-z]{6}")
LOST = {"rejected_row", "missing_id", "duplicate_id"}
SIGNS = b"\"';,\t\r\n\\{}[]<>/&#\x00\xe9\xff"
BITS = [
    b'"',
    b"'",
    b"\n",
    b"\r\n",
    b";",
    b",",
    b"\t",
    b'""',
    b"<row>",
    b"</row>",
    b"},",
    b"]",
    b"\xff",
    b"\xe9",
]


def cut(draw, content):
    return content[: draw.randrange(len(content))]


def noise(draw, content):
    return draw.randbytes(draw.randrange(2 * len(content)))


def changed(draw, content, signs=bytes(range(256))):
    content = bytearray(content)
    for _ in range(draw.randint(1, 12)):
        content[draw.randrange(len(content))] = draw.choice(signs)
    return bytes(content)


def changed_signs(draw, content):
    """Bytes that mean something to a format, where they do most harm."""
    return changed(draw, content, SIGNS)


def inserted(draw, content):
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(content) + 1)
        content = content[:at] + draw.choice(BITS) + content[at:]
    return content


def deleted(draw, content):
    at = draw.randrange(len(content))
    return content[:at] + content[at + draw.randint(1, 60) :]


def spliced(draw, content):
    """A copy that was broken off and begun again."""
    return content[: draw.randrange(len(content))] + content[draw.randrange(len(content)) :]


def lines_shuffled(draw, content):
    first, *lines = content.splitlines(keepends=True)
    draw.shuffle(lines)
    return first + b"".join(lines)


def element_changed(draw, content):
    """XML that is whole and says something else: a row or a cell renamed, a cell twice or with another inside."""
    if draw.random() < 0.3:
        at = draw.choice([match.start() for match in re.finditer(b"<row>", content)])
        end = content.index(b"</row>", at)
        return content[:at] + b"<rox>" + content[at + 5 : end] + b"</rox>" + content[end + 6 :]
    cell = draw.choice(list(re.finditer(rb"<([\w.-]+)>([^<]*)</\1>", content)))
    name, text = cell.groups()
    became = draw.choice(
        [b"<x>%b</x>" % text, cell[0] * 2, text, b"<%b>%b<x>y</x>%b</%b>" % (name, text[:3], text[3:], name)]
    )
    return content[: cell.start()] + became + content[cell.end() :]


DAMAGES = [cut, noise, changed, changed_signs, changed_signs, inserted, deleted, spliced, lines_shuffled]


def marked(draw, book):
    rows = drawn(draw, book, ROWS, TEXTS)
    for row in rows:
        row["REMARK"] = "mark" + "".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=6))
        row["EXPORTS"] = "Y"
    return rows


def swapped(draw, book, rows):
    """Two columns' cells under each other's heading; or whole questions in another order, which must not matter."""
    if draw.random() < 0.5:
        one, two = draw.sample(sorted(book.columns()), 2)
        return book, [row | {one: row[two], two: row[one]} for row in rows]
    questions = draw.sample(book.questions, len(book.questions))
    return book.model_copy(update={"questions": tuple(questions)}), rows


def variant(name, number):
    """The files of one variant, and the bytes that hold its rows (None where they are not written plainly)."""
    written = FORMATS[name]
    draw = random.Random(f"{name} {number}")
    book = written.codebook(VARIANTS[name])
    rows = marked(draw, book)
    if number % 9 == 0:
        files = written.write(*swapped(draw, book, rows))
        return files, _plain(written, files)
    files = written.write(book, rows)
    export, *beside = files
    damage = draw.choice(DAMAGES)
    if written.part == RESPONSES and draw.random() < 0.4:
        damage = element_changed
    if beside and draw.random() < 0.2:
        files[beside[0]] = damage(draw, files[beside[0]])
    elif written.part is not None and (damage is element_changed or draw.random() < 0.7):
        parts = unzipped(files[export])
        files[export] = zipped(parts | {written.part: damage(draw, parts[written.part])})
    else:
        files[export] = damage(draw, files[export])
    return files, _plain(written, files)


def _plain(written, files):
    export = next(iter(files))
    if written.export_format == "spss_sav":
        return None
    if written.part is None:
        return files[export]
    try:
        with zipfile.ZipFile(io.BytesIO(files[export])) as archive:
            return archive.read(written.part)
    except Exception:  # a zip file as damaged as that is refused, or this test fails
        return b""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", FORMATS)
def test_damage_never_crashes_hangs_or_loses_a_row(tmp_path, name):
    book = FORMATS[name].codebook(VARIANTS[name])
    data, collected, plain, refusals = tmp_path / "data", {}, {}, []
    for number in range(VARIANTS[name]):
        files, plain[f"s{number}"] = variant(name, number)
        before = kept_in(data)
        path = put(tmp_path / f"inbox{number}", files)
        began = time.process_time()
        try:
            collected[f"s{number}"] = collect(data, book, path, f"s{number}")
        except SkillsBankError as refusal:
            refusals.append(refusal)
            assert kept_in(data) == before
        assert time.process_time() - began < SECONDS
    assert all(refusal.where and refusal.fix for refusal in refusals)
    lake = decoded(data, book, collected)
    for source, one in collected.items():
        lost = [row["row_number"] for row in lake[source].quarantine if row["reason_code"] in LOST]
        numbers = [row["row_number"] for row in lake[source].respondents] + lost
        assert sorted(numbers) == list(range(1, one.rows + 1)), source
        if plain[source] is not None:
            cells = [cell for row in pq.read_table(one.entry.path).to_pylist() for cell in row.values()]
            cells += [row["value"] for row in contacts(data, book, one)]
            kept = Counter(MARK.findall("\n".join(map(str, cells)).encode()))
            assert kept == Counter(MARK.findall(plain[source])), source
    # The test would prove nothing if every variant were refused, or none damaged.
    assert min(len(collected), len(refusals)) > 0


def kept_in(data):
    """Every file but the keys of the contacts, which are made before it is known whether there is anything to keep."""
    return {path for path in data.rglob("*") if path.is_file() and path.parent.name != "secrets"}


def test_there_are_a_thousand():
    assert sum(VARIANTS.values()) == 1000
