"""`skillsbank codebook draft`: from structures, archives, exports and a server to codebooks that load."""

import json
import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from orchestration.codebook.columns import columns_of
from orchestration.collection.check import check_codebooks
from orchestration.collection.drafting import from_export, from_server, from_structure, read_survey
from orchestration.collection.limesurvey import Server
from orchestration.collection.survey_structure import code_headings
from orchestration.errors import CodebookError, ExportError, SkillsBankError
from orchestration.settings import PROJECT, Settings

from .drafts import draft, structure
from .limesurvey.server import SECRET, SURVEY, USER, LimeSurvey, Survey, recorded_rows

ARCHIVES = PROJECT.parent / "shared" / "data" / "limesurvey_archives"
CORPUS = sorted(path for path in ARCHIVES.rglob("*") if path.suffix in {".lss", ".lsa", ".lsq"})
# Why these cannot be drafted; every other file of the corpus can.
REFUSED = {
    "limesurvey_question_import_question_test.lsq": "not the structure of a survey",
    "limesurvey_question_import_question_test_II.lsq": "not the structure of a survey",
    "limesurvey_survey_251297_import_group.lss": "no questions",
    "limesurvey_survey_383591_testCreateQuestion.lss": "no questions",
}


def columns(codebook):
    """What a codebook says of each column, canonical names aside."""
    return {
        column.heading: (
            column.kind,
            column.role,
            sorted(column.values),
            column.scale,
            column.slot,
            column.personal,
            column.is_free_text,
            column.item is None,
        )
        for column in codebook.columns().values()
    }


def asked_when(codebook):
    return {question.code: set(question.asked_when) for question in codebook.questions}


@pytest.mark.parametrize("file", ["structure.lss", "archive.lsa"])
def test_draft_of_survey_482617_equals_the_codebook_made_by_hand(survey, codebook, tmp_path, file):
    _, drafted = draft(from_structure(survey / "ui" / file), tmp_path)
    assert list(columns(drafted)) == list(columns(codebook))
    assert columns(drafted) == columns(codebook)
    assert asked_when(drafted) == asked_when(codebook)
    assert drafted.languages == codebook.languages
    for mine, theirs in zip(drafted.questions, codebook.questions, strict=True):
        assert (mine.code, mine.kind, mine.other, mine.slots) == (
            theirs.code,
            theirs.kind,
            theirs.other,
            theirs.slots,
        )
        assert list(mine.items or ()) == list(theirs.items or ())
        assert list(mine.values or ()) == list(theirs.values or ())


def test_draft_of_survey_482617_proposes_the_variables_of_the_codebook_made_by_hand(
    survey, codebook, tmp_path
):
    made, drafted = draft(from_structure(survey / "ui" / "structure.lss"), tmp_path)
    wrong = {
        mine.code: mine.variable
        for mine, theirs in zip(drafted.questions, codebook.questions, strict=True)
        if (mine.variable, mine.scales) != (theirs.variable, theirs.scales)
    }
    # Nothing in their words says what these are: they stay the edition's own, and are declared.
    assert wrong == {"TOP3": "x_tour_2026_top3", "RDV": "x_tour_2026_rdv"}
    assert made.declared == 2
    values = {question.code: question.values for question in drafted.questions}
    by_hand = {question.code: question.values for question in codebook.questions}
    for code in ("EFFECTIF", "CA", "INNO", "COMP", "NIVEAU"):
        assert values[code] == by_hand[code]
    inno = next(question for question in drafted.questions if question.code == "INNO")
    assert inno.items == {
        "PROD": "product",
        "PROC": "process",
        "ORGA": "organisation",
        "MARK": "marketing",
    }
    # No mapping claims to be identical before somebody has looked at it.
    assert {q.comparability for q in drafted.questions if q.variable == "exports"} == {"close"}


def test_labels_are_in_both_languages_and_without_html(survey, tmp_path):
    _, drafted = draft(from_structure(survey / "ui" / "structure.lss"), tmp_path)
    labels = {question.code: question.label for question in drafted.questions}
    assert (labels["SIREN"].fr, labels["SIREN"].en) == (
        "Numéro SIREN de votre entreprise (9 chiffres)",
        "Your company's SIREN number (9 digits)",
    )
    assert labels["RDK"].fr == "Dépenses de R&D (k€)"


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_every_survey_of_the_corpus_drafts_or_is_refused_with_its_reason(path, tmp_path):
    if path.name in REFUSED:
        with pytest.raises(SkillsBankError, match=REFUSED[path.name]):
            draft(from_structure(path), tmp_path)
        assert not list(tmp_path.iterdir())
        return
    survey = from_structure(path)
    made, drafted = draft(survey, tmp_path)
    assert set(drafted.columns()) == {heading for asked in survey.questions for heading in asked.headings}
    assert made.columns == len(drafted.columns())
    lines = made.path.read_text().splitlines()
    assert made.to_check
    assert all("check" in lines[number - 1] for number in made.to_check)
    # What was drafted from a structure fits that structure.
    found = check_codebooks(Settings(codebooks=tmp_path), "tour_2026", None, path)
    assert not [
        line for line in found if "asked only where" not in line and "not in the language" not in line
    ]


def test_the_corpus_is_whole(shared):
    assert {path.name for path in CORPUS} >= set(REFUSED)
    assert len([path for path in CORPUS if path.suffix == ".lss"]) == 61


EVERY_TYPE = [
    # type, other, rows, across, answers by scale -> kind and columns
    ("S", False, "", "", "", "text", ["Q"]),
    ("T", False, "", "", "", "long_text", ["Q"]),
    ("U", False, "", "", "", "long_text", ["Q"]),
    ("*", False, "", "", "", "text", ["Q"]),
    ("N", False, "", "", "", "number", ["Q"]),
    ("D", False, "", "", "", "date", ["Q"]),
    ("Y", False, "", "", "", "yes_no", ["Q"]),
    ("X", False, "", "", "", "display", ["Q"]),
    ("G", False, "", "", "", "single", ["Q"]),
    ("5", False, "", "", "", "single", ["Q"]),
    ("I", False, "", "", "", "single", ["Q"]),
    ("L", True, "", "", "AB", "single", ["Q", "Q[other]"]),
    ("!", False, "", "", "AB", "single", ["Q"]),
    ("O", False, "", "", "AB", "single text", ["Q", "Q[comment]"]),
    ("|", False, "", "", "", "text number", ["Q", "Q[filecount]"]),
    ("M", True, "ab", "", "", "multiple", ["Q[a]", "Q[b]", "Q[other]"]),
    ("P", False, "a", "", "", "multiple_comments", ["Q[a]", "Q[acomment]"]),
    ("Q", False, "ab", "", "", "text text", ["Q[a]", "Q[b]"]),
    ("K", False, "ab", "", "", "array_numbers", ["Q[a]", "Q[b]"]),
    ("A", False, "ab", "", "", "array", ["Q[a]", "Q[b]"]),
    ("B", False, "ab", "", "", "array", ["Q[a]", "Q[b]"]),
    ("C", False, "ab", "", "", "array", ["Q[a]", "Q[b]"]),
    ("E", False, "ab", "", "", "array", ["Q[a]", "Q[b]"]),
    ("F", False, "ab", "", "AB", "array", ["Q[a]", "Q[b]"]),
    ("H", False, "ab", "", "AB", "array", ["Q[a]", "Q[b]"]),
    (":", False, "a", "xy", "", "array_numbers", ["Q[a_x]", "Q[a_y]"]),
    (";", False, "a", "xy", "", "text text", ["Q[a_x]", "Q[a_y]"]),
    ("1", False, "a", "", "AB", "dual_scale", ["Q[a][1]", "Q[a][2]"]),
    ("R", False, "", "", "ABC", "ranking", ["Q[1]", "Q[2]", "Q[3]"]),
    # What is not whole keeps its columns, as texts.
    ("L", False, "", "", "", "text", ["Q"]),
    ("F", False, "ab", "", "", "text text", ["Q[a]", "Q[b]"]),
    ("M", True, "", "", "", "text", ["Q[other]"]),
]


@pytest.mark.parametrize("case", EVERY_TYPE, ids=lambda case: f"{case[0]}-{case[5]}")
def test_every_question_type(survey_of, tmp_path, case):
    kind, other, rows, across, answers, kinds, headings = case
    path = survey_of(kind, other="Y" if other else "N", rows=rows, across=across, answers=answers)
    _, drafted = draft(from_structure(path), tmp_path / "codebooks")
    assert [question.kind for question in drafted.questions] == kinds.split()
    assert list(drafted.columns()) == headings
    with path.open("rb") as file:
        # Each heading twice: under its field name until LimeSurvey 6, and since 7.
        assert sorted(code_headings(file, "made up").values()) == sorted(headings * 2)


def test_pages_are_left_out_where_they_cannot_be_told(survey_of, tmp_path):
    path = survey_of("Y")
    assert from_structure(path).questions[0].page == 1
    path.write_text(path.read_text().replace("<format>G<", "<format>I<"))
    made, drafted = draft(from_structure(path), tmp_path / "codebooks")
    assert drafted.questions[0].asked_when == ()
    assert "no pages could be told" in made.path.read_text()


CODES = st.lists(st.text("aAbB1_é -[]{}", min_size=1, max_size=3), unique=True, max_size=4)


STRUCTURES = st.fixed_dictionaries(
    {
        "other": st.sampled_from("YN"),
        "rows": CODES,
        "across": CODES,
        "answers": CODES,
        "relevance": st.sampled_from(["1", "", "((", "Q.NAOK == ''", 'Q_a == "Y"', "7X3X1a &lt; 3"]),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from("15ABCDEFGHIKLMNOPQRSTUXY!:;|*?"), STRUCTURES)
def test_any_structure_drafts_to_a_codebook_with_its_columns_or_is_refused(kind, parts):
    text = structure(kind, **parts)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made_up.lss"
        path.write_text(text, encoding="utf-8")
        survey = from_structure(path)
        try:
            _, drafted = draft(survey, Path(folder) / "codebooks")
        except SkillsBankError:
            # Only what no codebook can name.
            headings = [heading for asked in survey.questions for heading in asked.headings]
            assert not headings or not all(re.fullmatch(r"Q(\[[^\[\]]+\])*", heading) for heading in headings)
        else:
            assert set(drafted.columns()) == set(survey.questions[0].headings)


EXPORTS = ["ui/results_code_short.csv", "ui/vv_version2.txt", "rpc/responses_code_short_all_fr.json"]


@pytest.mark.parametrize("file", EXPORTS)
def test_a_bare_export_gives_the_same_columns(survey, codebook, tmp_path, file):
    path = survey / file
    _, drafted = draft(from_export(path), tmp_path)
    assert set(drafted.columns()) == set(codebook.columns())
    kinds = {q.code: q.kind for q in codebook.questions}
    guessed = {q.code: q.kind for q in drafted.questions}
    assert {code: kind for code, kind in guessed.items() if kind != kinds[code]} == {"INTRO": "text"}
    personal = {question.code for question in codebook.questions if question.personal}
    assert personal <= {question.code for question in drafted.questions if question.personal}
    assert check_codebooks(Settings(codebooks=tmp_path), "tour_2026", path) == []


def answers_of(value, names):
    """The texts under these names, wherever in the record."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from answers_of(inner, names)
        elif name in names and isinstance(inner, str):
            yield inner.strip()


def test_a_draft_quotes_nobody(survey, tmp_path):
    """Answers that stand in a draft are codes; no name, number or free text of the export does."""
    draft(from_export(survey / "ui" / "results_code_short.csv"), tmp_path)
    written = "".join(file.read_text() for file in tmp_path.iterdir())
    truth = (survey / "truth_responses.jsonl").read_text().split("\n")
    asked = ("SIREN", "SIRET", "RAISON", "MAIL", "MANQUE", "NOM[NOM]", "NOM[FONC]")
    texts = {text for line in truth if line for text in answers_of(json.loads(line), asked) if len(text) > 5}
    assert len(texts) > 300
    assert not [text for text in texts if text in written]


def test_headings_that_are_no_codes_are_refused(survey):
    with pytest.raises(ExportError, match="no question codes"):
        from_export(survey / "rpc" / "responses_full_long_all_fr.csv")
    with pytest.raises(ExportError, match="no question codes"):
        from_export(survey / "ui" / "vv_version1.txt")


def test_what_is_no_export_is_refused(tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7 \x00\xff")
    with pytest.raises(ExportError, match="no export that can be told"):
        from_export(path)


class WithTexts(LimeSurvey):
    """The server with the calls for texts, from the recorded payloads."""

    def __init__(self, recorded):
        super().__init__()
        self.recorded = recorded
        self.texts = {
            language: json.loads((recorded / f"list_questions_{language}.json").read_text())
            for language in ("fr", "en")
        }
        properties = json.loads((recorded / "get_question_properties_fr.json").read_text())
        self.properties = {row["qid"]: row for row in properties.values()}

    def answer(self, call):
        method, params = call["method"], call["params"]
        if method not in {"list_questions", "get_question_properties", "list_surveys"}:
            return super().answer(call)
        self.calls.append((method, params[1:]))
        if method == "list_surveys":
            return json.loads((self.recorded / "list_surveys.json").read_text())
        if method == "get_question_properties":
            return {name: self.properties[params[1]][name] for name in params[2]}
        if params[1] != SURVEY:
            return {"status": "Error: Invalid survey ID"}
        language = params[3]
        return self.texts.get(language, {"status": "Error: Invalid language"})


@pytest.fixture
def asked_server(survey):
    with WithTexts(survey / "rpc") as server:
        server.surveys[SURVEY] = Survey(recorded_rows())
        yield server


def test_a_server_gives_the_draft_of_the_structure(asked_server, survey, tmp_path):
    with Server(asked_server.url, USER, SecretStr(SECRET)) as server:
        _, drafted = draft(from_server(server, SURVEY), tmp_path / "server")
    _, by_file = draft(from_structure(survey / "ui" / "structure.lss"), tmp_path / "file")
    assert drafted.questions == by_file.questions
    assert drafted.languages == by_file.languages
    assert drafted.title.fr == by_file.title.fr
    assert drafted.exports[0].server.survey_id == SURVEY
    # Of the account's rights, only reading was used, and no answer travelled.
    assert not asked_server.called("export_responses")


def test_a_survey_in_one_language_only(asked_server, tmp_path):
    del asked_server.texts["en"]
    with Server(asked_server.url, USER, SecretStr(SECRET)) as server:
        _, drafted = draft(from_server(server, SURVEY), tmp_path)
    assert drafted.languages == ("fr",)
    assert drafted.questions[1].label.en == drafted.questions[1].label.fr


def test_a_survey_that_is_not_there(asked_server):
    with (
        Server(asked_server.url, USER, SecretStr(SECRET)) as server,
        pytest.raises(ExportError, match="Invalid survey ID"),
    ):
        from_server(server, 1)


def test_a_draft_needs_one_source(tmp_path):
    for file, number in [(None, None), (Path("x.lss"), 7)]:
        with pytest.raises(CodebookError, match="not said what to draft from"):
            read_survey(Settings(), file, number)
    with pytest.raises(CodebookError, match="no LimeSurvey server is configured"):
        read_survey(Settings(), None, 7)


def test_columns_of_a_draft_are_unique(survey, tmp_path):
    _, drafted = draft(from_structure(survey / "ui" / "structure.lss"), tmp_path)
    headings = [column.heading for question in drafted.questions for column in columns_of(question)]
    assert len(headings) == len(set(headings))
