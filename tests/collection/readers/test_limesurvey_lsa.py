"""Survey archives: LimeSurvey's own test files one by one, and hostile or damaged ones."""

import re
import zipfile
from xml.etree import ElementTree as ET

import pytest

from orchestration.collection.readers import limesurvey_lsa, open_export
from orchestration.collection.survey_structure import code_headings
from orchestration.errors import ExportError

from .conftest import read

META = ("id", "token", "submitdate", "lastpage", "startlanguage", "seed")
NOBODY = None
# Each of LimeSurvey's own archives: how many responses, and the columns after META; or none.
ARCHIVES = {
    "limesurvey_survey_InviteParticipantsTest": NOBODY,
    "limesurvey_survey_get_participant_properties": NOBODY,
    "survey_archive_222923_executeQuestionThemeSurvey": NOBODY,
    "survey_archive_265351_listParticipants": NOBODY,
    "survey_archive_265831": (1, "Q00"),
    "survey_archive_2_basic_responses": (2, "Q00"),
    "survey_archive_358746_no_green_bar": NOBODY,
    "survey_archive_426848": NOBODY,
    "survey_archive_464421": NOBODY,
    "survey_archive_564265": NOBODY,
    "survey_archive_821351": (1, "q1 q2 q3"),
    "survey_archive_993688_participantBlacklist": NOBODY,
    "survey_archive_RemoteControlExportResponses": (1, "Q00[SQ001] Q00[SQ002]"),
    "survey_archive_SaveEditedResponseTest": (1, "G01Q01"),
    "survey_archive_deleteResponseTest": (2, "Q00"),
    "survey_archive_getFileUploadTest": (2, "G01Q01 G01Q01[filecount]"),
    "survey_archive_getFileUploadTestClosed": (2, "G01Q01 G01Q01[filecount]"),
    "survey_archive_getParticipantPropertiesTest": NOBODY,
    "survey_archive_setVariableExpressionEndPluginTest": (
        1,
        "startdate datestamp TEXT MULTI[SQ01] MULTI[SQ02] MULTI[SQ03] MULTI[SQ04] RESULT",
    ),
    "survey_archive_shortUrlClosed": NOBODY,
    "survey_archive_statCountFunctionsTest": (8, "Q00 Q01 Q03[SQ001] Q03[SQ002] Q03[SQ003]"),
    "survey_export_responses_with_tokens": (2, "Q00"),
    "survey_simple_statistics": (10, "Q00 G02Q02 G02Q03"),
    "survey_statistics_one": (10, "Q00"),
    "survey_statistics_three": (10, "Q00[SQ001] Q00[SQ002]"),
    "survey_statistics_two": (10, "Q00 Q01 Q02"),
}
# Codes of all question types, and how many columns each of these surveys has.
STRUCTURES = {
    "survey-dual-scale-question-api-test.lss": (14, "G01Q02[SQ002][2]"),
    "limesurvey_survey_ArrayNumberCheckbox.lss": (9, "[SY001_SX001]"),
    "limesurvey_survey_157447_array_filter_ranking_max_columns.lss": (46, "A123[23]"),
    "limesurvey_survey_88881.lss": (19, "Q6[comment]"),
}


@pytest.fixture(scope="module")
def corpus(shared):
    return shared / "data" / "limesurvey_archives"


def test_no_archive_of_the_corpus_is_left_out(corpus):
    assert {path.stem for path in (corpus / "lsa").glob("*.lsa")} == set(ARCHIVES)


@pytest.mark.parametrize("name", ARCHIVES)
def test_every_archive_is_read_or_refused_for_the_right_reason(corpus, name):
    path = corpus / "lsa" / f"{name}.lsa"
    with zipfile.ZipFile(path) as archive:
        (part,) = [entry for entry in archive.namelist() if entry.endswith(".lsr")]
        root = ET.fromstring(archive.read(part))
    elements = [list(row) for row in root.iterfind("responses/rows/row")]
    if ARCHIVES[name] is NOBODY:
        assert not elements
        with pytest.raises(ExportError, match="holds no responses"):
            open_export(path, "limesurvey_lsa")
        return
    count, columns = ARCHIVES[name]
    headings, rows, rejected = read(path, "limesurvey_lsa")
    assert not rejected
    assert [heading for heading in headings if heading not in META] == columns.split()
    assert len(rows) == len(elements) == count
    for row, cells in zip(rows, elements, strict=True):
        # As many cells as elements, in their order; what has no element was not asked.
        assert [cell for cell in row.values() if cell is not None] == [cell.text or "" for cell in cells]


def of_version_6(names):
    return {name: one for name, one in names.items() if re.match(r"\d+X\d+X\d+", name)}


def of_version_7(names):
    return {name: one for name, one in names.items() if re.match(r"Q\d+", name)}


@pytest.mark.parametrize("ending", ["lss", "lsq", "lsg"])
def test_structures_hold_no_responses(corpus, ending):
    for path in (corpus / "lss").glob(f"*.{ending}"):
        with pytest.raises(ExportError, match="no zip file"):
            open_export(path, "limesurvey_lsa")


def test_every_structure_gives_each_column_one_code_heading(corpus):
    found = {}
    for path in sorted((corpus / "lss").iterdir()):
        with path.open("rb") as file:
            if path.suffix == ".lss":
                found[path.name] = code_headings(file, path.name)
                continue
            with pytest.raises(ExportError, match="not the structure of a survey"):
                code_headings(file, path.name)
    assert len(found) == 61
    for headings in found.values():
        for names in of_version_6(headings), of_version_7(headings):
            assert len(set(names.values())) == len(names)
    for name, (columns, ending) in STRUCTURES.items():
        assert len(of_version_6(found[name])) == columns
        assert any(heading.endswith(ending) for heading in found[name].values())


def test_code_headings_are_those_of_the_servers_field_map(survey):
    """get_fieldmap gives a title, and the subquestion's or answer's code, of every field."""
    import json

    fields = json.loads((survey / "rpc" / "get_fieldmap_fr.json").read_text())
    fields = fields.get("result", fields)
    with (survey / "ui" / "structure.lss").open("rb") as file:
        headings = code_headings(file, "structure")
    own = of_version_6(fields)
    assert of_version_6(headings).keys() == own.keys()
    for name, field in own.items():
        inside = f"[{field['aid']}]" if field["aid"] else ""
        if field["type"] == "1":
            inside += f"[{int(field['scale_id']) + 1}]"
        assert headings[name] == field["title"] + inside


def version_7_names(fields, structure):
    """The names that LimeSurvey 7 gives the fields of a version 6 field map, as its createFieldMap makes them."""
    root = ET.fromstring(structure)
    parts, places = {}, {}
    for row in root.iterfind("subquestions/rows/row"):
        place = row.findtext("parent_qid"), row.findtext("scale_id"), row.findtext("title")
        parts[place] = row.findtext("qid")
    for row in sorted(root.iterfind("answers/rows/row"), key=lambda row: int(row.findtext("aid"))):
        places.setdefault(row.findtext("qid"), []).append(row.findtext("aid"))
    names = {}
    for name, field in fields.items():
        qid, item = str(field.get("qid") or ""), str(field.get("aid") or "")
        sub = parts.get((qid, "0", item))
        if not qid:
            ending = None
        elif not item:
            ending = ""
        elif field["type"] == "R":
            ending = f"_R{places[qid][int(item) - 1]}"
        elif field["type"] == "1":
            ending = f"_S{sub}#{field['scale_id']}"
        elif field["type"] == ":":
            down, _, across = item.partition("_")
            ending = f"_S{parts[qid, '0', down]}_S{parts[qid, '1', across]}"
        elif sub:
            ending = f"_S{sub}"
        elif field["type"] == "P":
            ending = f"_S{parts[qid, '0', item.removesuffix('comment')]}_Ccomment"
        else:
            ending = f"_C{item}"
        names[name] = name if ending is None else f"Q{qid}{ending}"
    return names


def test_an_archive_of_version_7_gives_what_that_of_version_6_gives(survey, tmp_path):
    """The real server's archive under the field names of LimeSurvey 7."""
    import json

    fields = json.loads((survey / "rpc" / "get_fieldmap_fr.json").read_text())
    with zipfile.ZipFile(survey / "ui" / "archive.lsa") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (structure,) = [content for name, content in parts.items() if name.endswith(".lss")]
    names = version_7_names(fields.get("result", fields), structure)
    assert {"Q2", "Q8_Cother"} <= set(names.values())
    assert {re.sub(r"\d+", "", name) for name in names.values() if name[0] == "Q"} == {
        *("Q", "Q_S", "Q_Cother", "Q_S_Ccomment", "Q_S#", "Q_S_S", "Q_R")
    }
    path = tmp_path / "survey.lsa"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            text = content.decode()
            if name.endswith(".lsr"):
                for old, new in names.items():
                    text = text.replace(f"<fieldname>{old}</fieldname>", f"<fieldname>{new}</fieldname>")
                    text = re.sub(
                        f"<(/?)_{old.replace('#', '-')}(/?)>", rf"<\1{new.replace('#', '-')}\2>", text
                    )
                assert "482617X" not in text
            archive.writestr(name, text)
    assert read(path, "limesurvey_lsa") == read(survey / "ui" / "archive.lsa", "limesurvey_lsa")


def test_a_ranking_whose_answers_became_subquestions_has_a_column_a_place(tmp_path):
    """LimeSurvey 7.1: a place has the number of the subquestion that stands there in the questionnaire."""
    row = "<row><qid>{}</qid><parent_qid>1</parent_qid><title>{}</title><question_order>{}</question_order></row>"
    items = "".join(row.format(*item) for item in ((7, "B", 2), (8, "A", 1)))
    structure = STRUCTURE.replace("<type>S<", "<type>R<").replace(
        "</document>", f"<subquestions><rows>{items}</rows></subquestions></document>"
    )
    responses = RESPONSES.replace("<fieldname>1X1X1<", "<fieldname>Q1_S8</fieldname><fieldname>Q1_S7<")
    rows = "<row><id>1</id><Q1_S8>B</Q1_S8><Q1_S7>A</Q1_S7></row>"
    path = archive_of(tmp_path, rows, structure=structure, responses=responses)
    assert read(path, "limesurvey_lsa")[1] == [{"id": "1", "A[1]": "B", "A[2]": "A"}]


def ranking_in_one_column(tmp_path, *cells):
    row = "<row><qid>{}</qid><parent_qid>1</parent_qid><title>{}</title><question_order>{}</question_order></row>"
    items = "".join(row.format(*item) for item in ((7, "B", 2), (8, "A", 1), (9, "C", 3)))
    structure = STRUCTURE.replace("<type>S<", "<type>R<").replace(
        "</document>", f"<subquestions><rows>{items}</rows></subquestions></document>"
    )
    rows = "".join(f"<row><id>{n}</id>{cell}</row>" for n, cell in enumerate(cells, 1))
    return archive_of(tmp_path, rows, structure=structure, responses=RESPONSES.replace(">1X1X1<", ">Q1<"))


def test_a_ranking_that_is_one_list_has_a_column_a_place(tmp_path):
    """LimeSurvey since July 2026 (pull requests 5116 and 5124): the chosen subquestions' codes, as a JSON list."""
    path = ranking_in_one_column(
        tmp_path,
        '<Q1>["C","A","B"]</Q1>',
        '<Q1>["B"]</Q1>',
        '<Q1>["", null, "A"]</Q1>',
        "<Q1>[]</Q1>",
        "<Q1/>",
        "",
    )
    places = [("C", "A", "B"), ("B", "", ""), ("", "", "A"), ("", "", ""), ("", "", ""), (None, None, None)]
    assert read(path, "limesurvey_lsa")[1] == [
        {"id": str(number), "A[1]": one, "A[2]": two, "A[3]": three}
        for number, (one, two, three) in enumerate(places, 1)
    ]


@pytest.mark.parametrize("cell", ["B", '{"1": "B"}', "[1]", '["A","B","C","A"]', '["A"'])
def test_a_ranking_that_is_no_such_list_is_set_aside(tmp_path, cell):
    path = ranking_in_one_column(tmp_path, '<Q1>["A"]</Q1>', f"<Q1>{cell}</Q1>")
    chunks = list(open_export(path, "limesurvey_lsa").chunks())
    assert sum(chunk.rows.num_rows for chunk in chunks) == 1
    assert [row.reason for chunk in chunks for row in chunk.rejected] == [
        "a ranking is no JSON list of at most 3 codes"
    ]


RESPONSES = (
    "<document><LimeSurveyDocType>Responses</LimeSurveyDocType><responses><fields><fieldname>id</fieldname>"
    "<fieldname>1X1X1</fieldname></fields><rows>{}</rows></responses></document>"
)
STRUCTURE = (
    "<document><LimeSurveyDocType>Survey</LimeSurveyDocType><questions><rows><row><qid>1</qid><sid>1</sid>"
    "<gid>1</gid><type>S</type><title>A</title><other>N</other></row></rows></questions></document>"
)


def archive_of(tmp_path, rows="", structure=STRUCTURE, responses=RESPONSES, **more):
    path = tmp_path / "survey.lsa"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("survey_1.lss", structure)
        archive.writestr("survey_1_responses.lsr", responses.replace("{}", rows))
        for name, content in more.items():
            archive.writestr(name, content)
    return path


def test_a_missing_element_was_not_asked_and_an_empty_one_left_blank(tmp_path):
    rows = "<row><id>1</id><_1X1X1/></row><row><id>2</id></row>"
    rows += "<row><id>3</id><_1X1X1><![CDATA[<é]]></_1X1X1></row>"
    _, found, _ = read(archive_of(tmp_path, rows), "limesurvey_lsa")
    assert [row["A"] for row in found] == ["", None, "<é"]


def test_a_bad_row_costs_that_row_and_no_other(tmp_path):
    rows = "<row><id>1</id><x>?</x></row><row><id>2</id><id>9</id></row><row><id>3</id></row>"
    _, found, rejected = read(archive_of(tmp_path, rows), "limesurvey_lsa")
    assert [row["id"] for row in found] == ["3"]
    assert [(bad.row_number, bad.text) for bad in rejected] == [(1, "1\t?"), (2, "2\t9")]
    assert "not among the fields" in rejected[0].reason
    assert "twice" in rejected[1].reason


ENTITIES = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("attack", [ENTITIES, OUTSIDE, '<!DOCTYPE d SYSTEM "http://192.0.2.1/x.dtd">'])
@pytest.mark.parametrize("part", ["structure", "responses"])
def test_xml_attacks_are_refused(tmp_path, attack, part):
    content = {"structure": STRUCTURE, "responses": RESPONSES.replace("{}", "<row><id>&a;</id></row>")}
    path = archive_of(tmp_path, **{part: attack + content[part]})
    with pytest.raises(ExportError, match="defines entities"):
        open_export(path, "limesurvey_lsa")


def test_zip_bombs_are_refused_unread(tmp_path):
    path = archive_of(tmp_path, " " * (80 << 20))
    with pytest.raises(ExportError, match="zip bomb"):
        open_export(path, "limesurvey_lsa")


def test_an_answer_without_end_is_refused_with_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(limesurvey_lsa, "_LONGEST_ROW", 100_000)
    export = open_export(
        archive_of(tmp_path, "<row><id>1</id></row><row><id>" + "x" * 900_000), "limesurvey_lsa"
    )
    with pytest.raises(ExportError, match=r"longer than|cut off"):
        list(export.chunks())


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"structure": STRUCTURE.replace("<qid>1<", "<qid>2<")},
            "no question of the structure has the field",
        ),
        (
            {"responses": RESPONSES.replace("1X1X1", "Q9_S3")},
            "no question of the structure has the field 'Q9_S3'",
        ),
        ({"structure": "<document/>"}, "not the structure of a survey"),
        ({"structure": "<document>"}, "the XML cannot be read"),
        ({"responses": RESPONSES[:-9]}, "cut off or damaged"),
        ({"other_responses.lsr": "x"}, "2 parts ending in"),
    ],
)
def test_archives_that_do_not_fit_together_are_refused(tmp_path, change, problem):
    with pytest.raises(ExportError, match=problem):
        read(archive_of(tmp_path, "<row><id>1</id></row>", **change), "limesurvey_lsa")


def test_participants_are_never_opened(tmp_path, monkeypatch):
    path = archive_of(tmp_path, "<row><id>1</id></row>", **{"survey_1_tokens.lst": "<secret/>"})
    opened = []
    monkeypatch.setattr(
        zipfile.ZipFile,
        "open",
        lambda self, name, *rest, real=zipfile.ZipFile.open: opened.append(name) or real(self, name, *rest),
    )
    read(path, "limesurvey_lsa")
    assert opened
    assert not [name for name in opened if str(name).endswith(".lst")]
