"""Codebooks from files: what is accepted, and one clear message for each fault."""

from pathlib import Path

import pytest

from orchestration.codebook import VARIABLES, load, load_all, load_variables
from orchestration.errors import CodebookError

REPOSITORY = Path(__file__).resolve().parents[2]
CODEBOOKS = REPOSITORY / "data" / "codebooks"

VARIABLES_TEXT = """\
lists:
  skills: [A-1, A-2]
  yes_no: ["yes", "no"]
variables:
  - {name: siren, kind: text, label: {fr: "SIREN", en: "SIREN"}}
  - {name: size, kind: code, values: [small, large, other], label: {fr: "Taille", en: "Size"}}
  - {name: skill, kind: code, values_from: yes_no, items_from: skills, label: {fr: "C", en: "S"}}
  - {name: level_now, kind: code, values: ["1", "2"], items_from: skills, label: {fr: "N", en: "N"}}
  - {name: level_wanted, kind: code, values: ["1", "2"], items_from: skills, label: {fr: "N", en: "N"}}
  - {name: hires, kind: number, item_pattern: "x@[0-9]{4}", label: {fr: "R", en: "H"}}
  - {name: remark, kind: text, label: {fr: "R", en: "R"}}
"""

TEXT = """\
edition: tour
year: 2019
title: {fr: "Tour", en: "Tour"}
status: closed
simulated: true
has_frame: false
timezone: Europe/Paris
languages: [fr, en]
retention_months: 36
complete_when: submitted
exports:
  - {source: limesurvey, files: "*.csv", format: limesurvey_csv}
personal_columns: [token, ipaddr]
test_rows: {question: REMARK, matches: "test"}
questions:
  - code: SIREN
    kind: siren
    variable: siren
    personal: true
    label: {fr: "SIREN", en: "SIREN"}
  - code: SIZE
    kind: single
    variable: size
    values: {S: small, L: large}
    other: true
    label: {fr: "Taille", en: "Size"}
  - code: SKILLS
    kind: multiple
    variable: skill
    items: {C1: A-1, C2: A-2}
    asked_when: [{page: 2}, {question: SIZE, is: L}]
    label: {fr: "Compétences", en: "Skills"}
  - code: LEVEL
    kind: dual_scale
    scales: {1: level_now, 2: level_wanted}
    items: {C1: A-1}
    values: {1: 1, 2: 2}
    label: {fr: "Niveau", en: "Level"}
  - code: REMARK
    kind: long_text
    variable: remark
    label: {fr: "Remarque", en: "Remark"}
"""


def load_text(folder: Path, text: str | bytes, variables: str = VARIABLES_TEXT, name: str = "tour.yaml"):
    (folder / VARIABLES).write_text(variables, encoding="utf-8")
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(path)


def fault(folder: Path, text: str | bytes, **kwargs) -> CodebookError:
    with pytest.raises(CodebookError) as caught:
        load_text(folder, text, **kwargs)
    assert caught.value.where, "an error must say where"
    assert caught.value.expected, "an error must say what was expected"
    assert caught.value.fix, "an error must say what to do"
    return caught.value


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


def test_a_codebook_is_typed_and_frozen(tmp_path):
    codebook = load_text(tmp_path, TEXT)
    assert (codebook.edition, codebook.year, codebook.simulated) == ("tour", 2019, True)
    assert codebook.exports[0].source == "limesurvey"
    assert codebook.questions[1].values == {"S": "small", "L": "large"}
    with pytest.raises(ValueError, match="frozen"):
        codebook.year = 2020


def test_codes_that_yaml_would_change_stay_as_they_stand(tmp_path):
    text = TEXT.replace("{S: small, L: large}", "{NO: small, 01: large, 1e3: other}").replace(
        "is: L", "is: 01"
    )
    codebook = load_text(tmp_path, text)
    assert codebook.questions[1].values == {"NO": "small", "01": "large", "1e3": "other"}


# What is changed in a good codebook, where the message must point, and what it must say.
FAULTS = {
    "unknown key": (
        "    personal: true",
        "    personnal: true",
        "questions[0].personnal",
        ["unknown key 'personnal'", "write 'personal'"],
    ),
    "unknown key at the top": (
        "status: closed",
        "state: closed",
        "state",
        ["unknown key 'state'", "'status'"],
    ),
    "unknown key in a condition": (
        "{question: SIZE, is: L}",
        "{question: SIZE, equals: L}",
        "questions[2].asked_when[1].equals",
        ["unknown key 'equals'", "one of page, question, is, below"],
    ),
    "missing key": ("year: 2019\n", "", "year", ["the key 'year' is missing"]),
    "wrong type, number": ("year: 2019", "year: soon", "year", ["'soon'", "a whole number"]),
    "wrong type, flag": (
        "simulated: true",
        "simulated: perhaps",
        "simulated",
        ["'perhaps'", "true or false"],
    ),
    "wrong type, mapping": (
        'label: {fr: "Taille", en: "Size"}',
        "label: Size",
        "questions[1].label",
        ["'Size'", "keys with values"],
    ),
    "wrong type, list": ("languages: [fr, en]", "languages: fr", "languages", ["'fr'", "a list"]),
    "no name": (
        "code: REMARK",
        "code: 2REMARK",
        "questions[4].code",
        ["'2REMARK'", "a name of the form ^[A-Z"],
    ),
    "number out of range": ("page: 2", "page: -1", "questions[2].asked_when[0].page", ["'-1'", "at least 0"]),
    "empty list": ("[fr, en]", "[]", "languages", ["at least one entry"]),
    "empty text": ("C2: A-2", "C2:", "questions[2].items.C2", ["nothing is of the wrong type", "a text"]),
    "unknown kind": (
        "kind: multiple",
        "kind: multipel",
        "questions[2].kind",
        ["'multipel' is not allowed", "write 'multiple'"],
    ),
    "unknown format": (
        "limesurvey_csv",
        "csv",
        "exports[0].format",
        ["'csv' is not allowed", "limesurvey_vv"],
    ),
    "unknown time zone": ("Europe/Paris", "Europe/Pari", "timezone", ["'Europe/Pari' is not a time zone"]),
    "bad pattern": ('matches: "test"', 'matches: "("', "test_rows.matches", ["not a regular expression"]),
    "bad condition": (
        "{page: 2}",
        "{page: 2, question: SIZE}",
        "questions[2].asked_when[0]",
        ["the condition says too little or too much", "{question: X, is: [Y, Z]}"],
    ),
    "question twice": ("code: SKILLS", "code: SIZE", "questions[2].code", ["'SIZE' stands twice"]),
    "unknown variable": (
        "variable: skill",
        "variable: skil",
        "questions[2].variable",
        ["no canonical variable 'skil'", "write 'skill'"],
    ),
    "unknown variable of a scale": (
        "1: level_now",
        "1: level_no",
        "questions[3].scales.1",
        ["no canonical variable 'level_no'", "write 'level_now'"],
    ),
    "unknown value": (
        "L: large",
        "L: larg",
        "questions[1].values.L",
        ["'larg' is not a value of 'size'", "write 'large'"],
    ),
    "unknown item": (
        "C2: A-2",
        "C2: juggling",
        "questions[2].items.C2",
        ["'juggling' is not an item of 'skill'", "begin it with x-", "one of A-1, A-2"],
    ),
    "kind against variable": (
        "variable: remark",
        "variable: hires",
        "questions[4].kind",
        ["gives text values, but 'hires' holds number values"],
    ),
    "key of another kind": (
        "variable: remark",
        "variable: remark\n    slots: 3",
        "questions[4].slots",
        ["'slots' has no meaning for a question of kind long_text"],
    ),
    "key that the kind needs": (
        "    items: {C1: A-1, C2: A-2}\n",
        "",
        "questions[2]",
        ["'SKILLS' of kind multiple lacks 'items'", "add 'items:'"],
    ),
    "one scale only": (
        "{1: level_now, 2: level_wanted}",
        "{1: level_now}",
        "questions[3].scales",
        ["a dual scale has two scales"],
    ),
    "two columns for one answer": (
        "C2: A-2",
        "C2: A-1",
        "questions[2]",
        ["'SKILLS[C2]' and 'SKILLS[C1]' both give skill / A-1"],
    ),
    "condition on no column": (
        "{question: SIZE, is: L}",
        "{question: SIZ, is: L}",
        "questions[2].asked_when[1].question",
        ["no column 'SIZ'", "write 'SIZE'"],
    ),
    "condition on a personal column": (
        "{question: SIZE, is: L}",
        "{question: SIREN, is: L}",
        "questions[2].asked_when[1].question",
        ["'SIREN' cannot decide", "not archived"],
    ),
    "condition on no answer code": (
        "is: L}",
        "is: M}",
        "questions[2].asked_when[1].is",
        ["'M' is not an answer code of 'SIZE'", "one of S, L, -oth-"],
    ),
    "personal column of ours": (
        "[token, ipaddr]",
        "[tokens]",
        "personal_columns[0]",
        ["'tokens' is not one of LimeSurvey's own columns", "write 'token'"],
    ),
    "personal id": ("[token, ipaddr]", "[id]", "personal_columns[0]", ["'id' is needed to decode"]),
    "test rows by no column": (
        "question: REMARK",
        "question: REMARQ",
        "test_rows.question",
        ["no column 'REMARQ'", "write 'REMARK'"],
    ),
    "edition and file name": ("edition: tour", "edition: rout", "edition", ["is not the file's name 'tour'"]),
    "key twice": ("status: closed", "status: closed\nstatus: open", None, ["the key 'status' stands twice"]),
    "answer code twice": ("{S: small, L: large}", "{S: small, S: large}", None, ["the key 'S' stands twice"]),
    "syntax": ("title: {fr", "title: [fr", None, ["is not valid YAML"]),
    "tab": ("status: closed", "status:\n\tclosed", None, ["is not valid YAML"]),
}


def last_line_of(text: str, part: str) -> int:
    return max(n for n, line in enumerate(text.splitlines(), 1) if part in line)


# Where the line pointed at is not the one that was changed.
POINTED_AT = {
    "missing key": 1,
    "kind against variable": last_line_of(TEXT, "kind: long_text"),
    "key that the kind needs": last_line_of(TEXT, "code: SKILLS"),
    "two columns for one answer": last_line_of(TEXT, "code: SKILLS"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_file_line_key_and_advice(tmp_path, name):
    before, after, key, words = FAULTS[name]
    assert TEXT.count(before) == 1
    text = TEXT.replace(before, after)
    error = fault(tmp_path, text)
    for word in words:
        assert word in str(error)
    assert str(tmp_path / "tour.yaml") in error.where
    if key is not None:
        assert error.where.endswith(f", {key}")
        assert f"line {POINTED_AT.get(name) or last_line_of(text, after.splitlines()[-1])}," in error.where


def test_the_first_fault_comes_first_and_the_others_are_counted(tmp_path):
    text = TEXT.replace("L: large", "L: larg").replace("kind: multiple", "kind: multipel")
    # Both at once: types are checked before meanings, so the second is told once the first is corrected.
    assert "multipel" in str(fault(tmp_path, text))
    text = TEXT.replace("L: large", "L: larg").replace("variable: skill", "variable: skil")
    error = fault(tmp_path, text)
    assert f"line {line_of(text, 'larg')}" in error.where
    assert f"1 more: line {line_of(text, 'variable: skil')}: there is no canonical variable" in error.problem


def test_a_file_that_is_not_utf8_is_told_with_its_line(tmp_path):
    text = TEXT.replace("Tour", "Tour de l'été").encode("latin-1")
    error = fault(tmp_path, text)
    assert "is not UTF-8 (byte 0xe9)" in str(error)
    assert f"line {line_of(TEXT, 'title')}" in error.where


def test_a_missing_file_and_an_empty_one(tmp_path):
    with pytest.raises(CodebookError, match="cannot be read") as caught:
        load(tmp_path / "absent.yaml")
    assert "absent.yaml" in caught.value.where
    assert "the key 'edition' is missing" in str(fault(tmp_path, ""))


def test_an_endless_alias_is_refused(tmp_path):
    text = TEXT.replace("items: {C1: A-1, C2: A-2}", "items: &again {C1: *again}")
    assert "alias refers to the part that it stands in" in str(fault(tmp_path, text))


def test_an_alias_repeats_a_part(tmp_path):
    text = TEXT.replace("items: {C1: A-1, C2: A-2}", "items: &skills {C1: A-1}").replace(
        "    items: {C1: A-1}\n", "    items: *skills\n"
    )
    codebook = load_text(tmp_path, text)
    assert codebook.questions[2].items == codebook.questions[3].items == {"C1": "A-1"}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("name: size", "name: siren", ["'siren' stands twice"]),
        ("values_from: yes_no", "values_from: yes_nope", ["no list 'yes_nope'", "write 'yes_no'"]),
        ('items_from: skills, label: {fr: "C"', 'items_from: skill, label: {fr: "C"', ["write 'skills'"]),
        ("kind: code, values: [small, large, other],", "kind: code,", ["must have 'values'"]),
        ("name: remark, kind: text,", "name: remark, kind: text, values: [a],", ["must not have 'values'"]),
        ("name: remark", "nam: remark", ["unknown key 'nam'", "write 'name'"]),
    ],
)
def test_faults_of_the_canonical_variables(tmp_path, before, after, words):
    assert VARIABLES_TEXT.count(before) == 1
    error = fault(tmp_path, TEXT, variables=VARIABLES_TEXT.replace(before, after))
    assert str(tmp_path / VARIABLES) in error.where
    for word in words:
        assert word in str(error)


def test_an_item_of_this_edition_alone_is_kept(tmp_path):
    codebook = load_text(tmp_path, TEXT.replace("C2: A-2", "C2: x-juggling"))
    assert codebook.columns()["SKILLS[C2]"].item == "x-juggling"


def test_the_projects_codebooks_in_the_order_of_their_years():
    assert [codebook.edition for codebook in load_all(CODEBOOKS)] == ["edition_2012", "tour_2019"]


def test_a_folder_without_codebooks(tmp_path):
    with pytest.raises(CodebookError, match="holds no codebook"):
        load_all(tmp_path)


def test_variables_of_the_project_have_distinct_names_and_both_labels():
    variables = load_variables(CODEBOOKS / VARIABLES).variables
    assert len({variable.name for variable in variables}) == len(variables) > 25
    assert all(variable.label.fr and variable.label.en for variable in variables)
