"""What a draft says of a question: when it is asked, its variable, whether it is personal, its label."""

import re

import pytest

from orchestration.codebook import VARIABLES, load
from orchestration.collection.drafting import from_structure
from orchestration.collection.drafting.relevance import conditions
from orchestration.errors import CodebookError
from orchestration.settings import PROJECT

from .conftest import CODEBOOK
from .drafts import draft

QUESTIONS = """
  - {code: A, kind: yes_no, variable: exports, label: {fr: a, en: a}}
  - {code: N, kind: number, variable: export_share, label: {fr: n, en: n}}
  - {code: M, kind: multiple, variable: export_country, items: {DE: DE, ES: ES}, label: {fr: m, en: m}}
  - {code: S, kind: text, variable: company_name, personal: true, label: {fr: s, en: s}}
"""


@pytest.fixture(scope="module")
def few_columns(tmp_path_factory):
    path = tmp_path_factory.mktemp("few") / "few.yaml"
    head = CODEBOOK.read_text().split("\nquestions:")[0].replace("edition: survey_482617", "edition: few")
    head = re.sub(r"test_rows:.*", "", head)
    path.write_text(f"{head}\nquestions:{QUESTIONS}")
    return load(path).columns()


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ('A.NAOK == "Y"', [("A", ("Y",), None)]),
        ('((A.NAOK=="Y"))', [("A", ("Y",), None)]),
        ("A eq 'N'", [("A", ("N",), None)]),
        ("((N.NAOK < 50))", [("N", None, 50.0)]),
        ('A == "Y" and N < 10', [("A", ("Y",), None), ("N", None, 10.0)]),
        ('(A == "Y") && (M_DE.NAOK == "Y")', [("A", ("Y",), None), ("M[DE]", ("Y",), None)]),
        ('A=="Y" OR A=="N"', [("A", ("Y", "N"), None)]),
        ('7X3X1.NAOK == "Y"', [("A", ("Y",), None)]),
        # Not simple: told as they are, never guessed at.
        ('A == "Y" or N < 10', None),
        ('A == "Y" or M_DE == "Y" and N < 10', None),
        ('A != "Y"', None),
        ('!(A == "Y")', None),
        ('A == "Z"', None),
        ('A = "Y"', None),
        ("N == 50", None),
        ("N <= 50", None),
        ("!is_empty(A)", None),
        ('S == "x"', None),
        ('UNKNOWN == "Y"', None),
        ('A.shown == "Y"', None),
        ('A == "Y" and', None),
        ('(A == "Y"', None),
        ("", None),
        ("é§", None),
    ],
)
def test_simple_equations_become_conditions(few_columns, equation, expected):
    names = {column.vv_heading: heading for heading, column in few_columns.items()} | {"7X3X1": "A"}
    found = conditions(equation, names, few_columns, "Q")
    told = found and [(c.question, c.is_, c.below) for c in found]
    assert told == expected


def test_a_question_is_never_its_own_condition(few_columns):
    assert conditions('A == "Y"', {"A": "A"}, few_columns, "A") is None


def test_an_equation_that_is_not_simple_stands_as_a_comment(survey_of, tmp_path):
    made, drafted = draft(from_structure(survey_of("Y", relevance="!is_empty(OTHER)")), tmp_path / "c")
    assert [c.page for c in drafted.questions[0].asked_when] == [1]
    text = made.path.read_text()
    assert "# check: asked only where !is_empty(OTHER)" in text
    assert text.splitlines().index("  # check: asked only where !is_empty(OTHER)") + 1 in made.to_check


def test_what_has_no_variable_is_declared_once_and_only_added(survey_of, tmp_path):
    shared_variables = (PROJECT / "data" / "codebooks" / VARIABLES).read_text()
    made, drafted = draft(from_structure(survey_of("F", rows="ab", answers="AB")), tmp_path / "c")
    text = (tmp_path / "c" / VARIABLES).read_text()
    assert text.startswith(shared_variables)
    assert drafted.questions[0].variable == "x_tour_2026_q"
    assert text.count("x_tour_2026_q") == 1
    made.path.unlink()
    again, _ = draft(from_structure(survey_of("F", rows="ab", answers="AB")), tmp_path / "c")
    assert (again.declared, (tmp_path / "c" / VARIABLES).read_text()) == (0, text)


def test_nothing_is_overwritten_or_left_behind(survey_of, tmp_path):
    path = survey_of("Y")
    folder = tmp_path / "c"
    made, _ = draft(from_structure(path), folder)
    before = {file: file.read_bytes() for file in folder.iterdir()}
    with pytest.raises(CodebookError, match="there is such a codebook already"):
        draft(from_structure(path), folder)
    with pytest.raises(CodebookError, match="no name for an edition"):
        draft(from_structure(path), folder, "Tour 2026")
    twice = "<row><qid>2</qid><sid>7</sid><gid>3</gid><type>Y</type><title>q</title></row>"
    with pytest.raises(CodebookError, match="'q' stands 2 times"):
        draft(from_structure(survey_of("Y", more=twice)), folder, "other")
    assert {file: file.read_bytes() for file in folder.iterdir()} == before
    assert made.path in before


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("Votre adresse e-mail", "contact_email"),
        ("Nom et prénom du répondant", "contact_name"),
        ("Raison sociale", "company_name"),
        ("Numéro SIRET", "siret"),
        ("Téléphone portable", "x_tour_2026_q"),
    ],
)
def test_who_somebody_is_is_personal(survey_of, tmp_path, text, variable):
    path = survey_of("S")
    path.write_text(path.read_text().replace("Une question", text))
    (question,) = draft(from_structure(path), tmp_path / "c")[1].questions
    assert (question.personal, question.variable) == (True, variable)


@pytest.mark.parametrize("text", ["Code NAF de {RAISON}", "Nombre de salariés", "Quel programme ?"])
def test_what_names_nobody_is_not(survey_of, tmp_path, text):
    path = survey_of("S")
    path.write_text(path.read_text().replace("Une question", text))
    assert not draft(from_structure(path), tmp_path / "c")[1].questions[0].personal


def test_encrypted_questions_are_personal(survey_of, tmp_path):
    path = survey_of("L", answers="AB")
    path.write_text(path.read_text().replace("<other>", "<encrypted>Y</encrypted><other>"))
    assert draft(from_structure(path), tmp_path / "c")[1].questions[0].personal


@pytest.mark.parametrize(
    "text", ['a: "b" # c', "\u2028\x85 tab\there", "🙂 {brace} [x] \\", "null", "<p></p>"]
)
def test_awkward_texts_stay_texts(survey_of, tmp_path, text):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    path = survey_of("F", rows="a", answers="AB")
    path.write_text(path.read_text().replace("Une question", escaped), encoding="utf-8")
    label = draft(from_structure(path), tmp_path / "c")[1].questions[0].label.fr
    assert label == (" ".join(text.split()) if "<" not in text else "Q")
