"""`skillsbank codebook check` beside a survey and its data: every mismatch, with its line of the codebook."""

import re

import pytest

from orchestration.codebook import VARIABLES, load
from orchestration.collection.check import check_codebooks
from orchestration.collection.drafting import from_structure, write_draft
from orchestration.settings import PROJECT, Settings

from .conftest import CODEBOOK, limesurvey_csv, made_up


@pytest.fixture
def folder(tmp_path):
    (tmp_path / VARIABLES).write_text((PROJECT / "data" / "codebooks" / VARIABLES).read_text())
    return tmp_path


def mismatches(folder, survey, *changes, export=None):
    """What is told of the codebook with these changes: (line, text) pairs."""
    text = CODEBOOK.read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / CODEBOOK.name).write_text(text)
    structure = survey / "ui" / "structure.lss"
    told = check_codebooks(Settings(codebooks=folder), CODEBOOK.stem, export, structure)
    found = [re.fullmatch(rf"{CODEBOOK.name}, line (\d+): (.*)", line) for line in told]
    assert all(found), told
    lines = text.splitlines()
    return [(lines[int(one[1]) - 1].strip(), one[2]) for one in found]


def test_a_right_codebook_has_no_mismatch(folder, survey):
    assert mismatches(folder, survey, export=survey / "ui" / "results_code_short.csv") == []


@pytest.mark.parametrize("file", ["vv_version2.txt", "results_code_short.csv"])
def test_nor_with_the_formats_that_it_declares(folder, survey, file):
    assert mismatches(folder, survey, export=survey / "ui" / file) == []


CASES = [
    (
        ("languages: [fr, en]", "languages: [fr, de]"),
        [("languages: [fr, de]", "the survey is not in the language 'de'")],
    ),
    (
        ("  - code: RDK\n", "  - code: RDKX\n"),
        [
            ("- code: INNO", "question 'RDK' (Dépenses de R&D (k€)) is not in the codebook"),
            ("- code: RDKX", "question 'RDKX' is not in the survey"),
        ],
    ),
    (
        (
            "    kind: yes_no\n    variable: exports",
            "    kind: single\n    values: {Y: yes, N: no}\n    variable: exports",
        ),
        [("kind: single", "question 'EXPORT' is of kind yes_no in the survey, not single")],
    ),
    (
        ("E50: 50-249, E250", "E51: 50-249, E250"),
        [
            ("values: {E00: ", "question 'EFFECTIF' lacks the answer code 'E50' of the survey"),
            ("values: {E00: ", "the answer code 'E51' of question 'EFFECTIF' is not in the survey"),
        ],
    ),
    (
        ("CN: CN}\n    other: true", "CN: CN}"),
        [("- code: PAYS", "question 'PAYS' has an 'other' in the survey")],
    ),
    (
        ("    items: {PROD: product, PROC", "    items: {PRODX: product, PROC"),
        [
            ("items: {PRODX", "question 'INNO' lacks the item 'PROD' of the survey"),
            ("items: {PRODX", "the item 'PRODX' of question 'INNO' is not in the survey"),
        ],
    ),
    (("slots: 8", "slots: 3"), [("slots: 3", "question 'TOP3' has 8 ranks in the survey, not 3")]),
    (
        ("{question: PARTEXP, below: 50}", "{question: PARTEXP, below: 60}"),
        [
            ("asked_when: [{page: 4}", "question 'FREIN' is asked where PARTEXP < 60 in the codebook only"),
            ("asked_when: [{page: 4}", "question 'FREIN' is asked where PARTEXP < 50 in the survey only"),
        ],
    ),
    (
        (
            '    personal: true\n    asked_when: [{page: 6}, {question: CONTACT, is: Y}]\n    label: {fr: "Adresse',
            '    asked_when: [{page: 6}, {question: CONTACT, is: Y}]\n    label: {fr: "Adresse',
        ),
        [("- code: MAIL", "question 'MAIL' is encrypted in the survey, but not personal in the codebook")],
    ),
    (
        ("    asked_when: {page: 3}", "    asked_when: {page: 2}"),
        [("asked_when: {page: 2}", "question 'EXPORT' is on page 3 of the survey, not 2")],
    ),
]


@pytest.mark.parametrize(("change", "expected"), CASES)
def test_every_mismatch_with_the_survey_names_its_line(folder, survey, change, expected):
    found = mismatches(folder, survey, change)
    assert [told for _, told in found] == [told for _, told in expected]
    for (line, _), (start, _) in zip(found, expected, strict=True):
        assert line.startswith(start)


def test_answers_that_are_none_of_the_codes_are_counted(folder, survey, codebook, tmp_path):
    headings, rows = made_up(codebook, 40)
    place, free = headings.index("EFFECTIF"), headings.index("CA")
    for number, row in enumerate(rows):
        row[place] = "E99" if number < 3 else "E10"
        row[free] = "a name that somebody typed" if number < 2 else "T1"
    path = tmp_path / "export.csv"
    path.write_bytes(limesurvey_csv(headings, rows))
    found = mismatches(folder, survey, export=path)
    assert found == [
        (
            'values: {E00: "0", E01: 1-9, E10: 10-49, E50: 50-249, E250: 250+}',
            "3 answers in column 'EFFECTIF' are none of its codes: 'E99' (3 times)",
        ),
        (
            'values: {T1: <2M, T2: 2-10M, T3: 10-50M, T4: ">50M", T9: unknown}',
            "2 answers in column 'CA' are none of its codes, nor like codes at all",
        ),
    ]


def test_columns_missing_from_the_data_are_told_at_their_question(folder, survey, codebook, tmp_path):
    headings, rows = made_up(codebook, 3)
    gone = headings.index("COMP[C15]")
    headings[gone] = "COMP[C16]"
    path = tmp_path / "export.csv"
    path.write_bytes(limesurvey_csv(headings, rows))
    found = mismatches(folder, survey, export=path)
    assert found == [
        ("questions:", "column 'COMP[C16]' is not in the codebook; nearest in the codebook: 'COMP[C15]'"),
        ("- code: COMP", "column 'COMP[C15]' of the codebook is missing from the export"),
    ]


def test_a_structure_that_cannot_be_read_is_one_mismatch(tmp_path):
    broken = tmp_path / "broken.lss"
    broken.write_bytes(b"<document>")
    (told,) = check_codebooks(Settings(codebooks=CODEBOOK.parent), CODEBOOK.stem, None, broken)
    assert "the XML cannot be read" in told


def test_an_equation_that_is_not_simple_is_told_until_somebody_has_written_a_condition(tmp_path, shared):
    lss = shared / "data" / "limesurvey_archives" / "lss" / "limesurvey_survey_OldCodes.lss"
    write_draft(from_structure(lss), tmp_path, "old_codes")
    options, path = Settings(codebooks=tmp_path), tmp_path / "old_codes.yaml"
    told = [line for line in check_codebooks(options, "old_codes", None, lss) if "asked only where" in line]
    assert len(told) == 2
    code = re.search("question '(.*?)'", told[0])[1]
    first = load(path).questions[0].code
    # A question of its page, whatever the equation meant: the decision is the reader's.
    text = path.read_text()
    entry = text.index(f"  - code: {code}\n")
    condition = f'    asked_when: {{question: {first}, is: "5"}}\n    label:'
    path.write_text(
        text[:entry] + re.sub(r"(    asked_when: .*\n)?    label:", condition, text[entry:], count=1)
    )
    after = [line for line in check_codebooks(options, "old_codes", None, lss) if "asked only where" in line]
    assert [line.split(": ", 1)[1] for line in after] == [line.split(": ", 1)[1] for line in told[1:]]
