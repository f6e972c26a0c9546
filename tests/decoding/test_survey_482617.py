"""A real server's exports, collected and decoded, compared value by value with the generator's own record."""

import json
import re
from collections import Counter
from datetime import datetime

import pytest

PARTS = ("all_responses", "completed_responses")
BLANK = "<blank>"


@pytest.fixture(scope="module")
def truth(shared):
    return json.loads((shared / "data" / "limesurvey" / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def responses(shared):
    lines = (shared / "data" / "limesurvey" / "truth_responses.jsonl").read_text(encoding="utf-8")
    # Not splitlines(): the answers hold U+2028 and its like.
    return {row["id"]: row for row in map(json.loads, lines.strip().split("\n"))}


class View:
    """The decoded answers of some respondents, under the export's own headings and codes."""

    def __init__(self, real, survey, part: str) -> None:
        self.respondents = [row for row in real.respondents if part == "all_responses" or row["is_complete"]]
        self.columns = [
            column for column in survey.columns().values() if column.variable and not column.personal
        ]
        self._answers = real.answers

    def rows(self, heading: str) -> list[dict]:
        column = next(column for column in self.columns if column.heading == heading)
        key = column.variable, column.item or ""
        return [self._answers[row["respondent_id"], *key] for row in self.respondents]

    def headings(self, question: str) -> list[str]:
        return [column.heading for column in self.columns if column.question == question]

    def raw(self, heading: str) -> Counter:
        """The answers as the export's codes, blank for all that is none, text where people wrote."""
        column = next(column for column in self.columns if column.heading == heading)
        codes = {value: code for code, value in column.values.items()} | {"no": "N"}
        counts = Counter()
        for row in self.rows(heading):
            code = codes.get(row["value_code"], BLANK)
            if column.role == "item" and column.kind.startswith("multiple") and code == "N":
                code = BLANK
            counts["<text>" if row["value_text"] else code] += 1
        return counts


@pytest.fixture(params=PARTS)
def part(request):
    return request.param


@pytest.fixture
def view(real, survey, part):
    return View(real, survey, part)


def normalised(text: str) -> str:
    return re.sub("\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", text)


def expected_text(text: str, source: str) -> str:
    text = normalised(text)
    # LimeSurvey's VV files lose blanks at both ends of a text.
    return text.strip() if source == "limesurvey_vv" else text


class Record:
    """What the generator's record says of one response: which answer each column must have given."""

    def __init__(self, response: dict, source: str) -> None:
        self._answers, self._noise, self._source = response["answers"], str(response["noise"]), source
        # Comments apart: a comment alone ticks nothing.
        self._used = {
            heading.partition("[")[0]
            for heading, text in self._answers.items()
            if text and not heading.endswith("comment")
        }

    def answer(self, column) -> tuple[set[str], dict]:
        """The states that are right, and the values that are not null."""
        given = self._answers.get(column.heading)
        if given is None:
            # The record leaves numbers and dates out both where blank and where not asked.
            return {"not_asked", "blank"} if column.kind in {"number", "date"} else {"not_asked"}, {}
        if given == "":
            ticks = column.role == "item" and column.kind.startswith("multiple")
            if ticks and column.question in self._used:
                return {"answered"}, {"value_code": "no"}
            return {"blank"}, {}
        is_refusal = column.heading == "MANQUE" and self._noise.startswith("refusal_")
        return {"refused" if is_refusal else "answered"}, self._value(column, given)

    def _value(self, column, given: str) -> dict:
        if column.kind in {"number", "array_numbers"}:
            return {"value_number": float(given)}
        if column.kind == "date":
            return {"value_date": datetime.fromisoformat(given)}
        if column.values:
            return {"value_code": column.values[given]}
        return {"value_text": expected_text(given, self._source)}

    def leaks_contacts(self, column) -> bool:
        return self._noise == "contact_leak" and column.heading == "MANQUE"


def test_every_answer_is_the_one_that_was_given(real, survey, responses):
    records = {identifier: Record(response, real.source) for identifier, response in responses.items()}
    columns = [column for column in survey.columns().values() if column.variable and not column.personal]
    seen = Counter()
    for column in columns:
        for identifier, record in records.items():
            row = real.answers[identifier + real.first_id, column.variable, column.item or ""]
            names = ("value_code", "value_number", "value_date", "value_text")
            values = {name: row[name] for name in names if row[name] is not None}
            states, expected = record.answer(column)
            if record.leaks_contacts(column) and expected:
                assert re.search(r"\[(e-mail|phone)\]", values["value_text"])
                assert "@" not in values["value_text"]
                values = expected
            assert (row["state"] in states, values) == (True, expected), (column.heading, identifier)
            seen[row["state"]] += 1
    assert sum(seen.values()) == len(real.answers) == 224 * 77
    assert set(seen) == {"answered", "refused", "blank", "not_asked"}


def test_personal_values_are_in_the_contacts_and_nowhere_else(real, survey, responses):
    personal = [column.heading for column in survey.columns().values() if column.personal]
    expected = {
        (identifier + real.first_id, heading): expected_text(response["answers"][heading], real.source)
        for identifier, response in responses.items()
        for heading in personal
        if response["answers"].get(heading)
    }
    found = {
        key: expected_text(value, real.source) for key, value in real.contacts.items() if key[1] in personal
    }
    assert found == expected
    assert {row["variable"] for row in real.rows("variables")} == {
        column.variable for column in survey.columns().values() if column.variable and not column.personal
    }


def test_respondents_are_those_of_the_record(real, responses):
    assert {row["respondent_id"] - real.first_id for row in real.respondents} == set(responses)
    for row in real.respondents:
        meta = responses[row["respondent_id"] - real.first_id]["meta"]
        moments = {
            name: meta[source] and datetime.fromisoformat(meta[source])
            for name, source in (
                ("started_at", "startdate"),
                ("submitted_at", "submitdate"),
                ("last_action_at", "datestamp"),
            )
        }
        assert {name: row[name] for name in moments} == moments
        assert (row["language"], row["last_page"]) == (meta["startlanguage"], meta["lastpage"])
        assert row["is_complete"] == (meta["submitdate"] is not None)
        assert not row["is_undated"]


def test_counts_of_respondents_and_classes(real, view, truth, part):
    expected = truth[part]
    assert len(view.respondents) == expected["n"]
    assert Counter(row["language"] for row in view.respondents) == expected["by_startlanguage"]
    assert Counter(row["siren_class"] for row in view.respondents) == expected["siren_classes"]
    siret = Counter(row["siret_class"] for row in view.respondents)
    assert siret["other_siren"] == expected["siret_valid_but_of_another_siren"]
    assert siret["luhn_invalid"] + siret["bad_format"] == expected["siret_given_but_invalid"]
    assert sum(row["is_test"] for row in view.respondents) == expected["test_rows_by_company_name"]
    valid = {"valid", "valid_after_normalisation"}
    keys = Counter(row["company_key"] for row in view.respondents if row["siren_class"] in valid)
    assert len(keys) == expected["siren_distinct_valid"]
    assert sum(count > 1 for count in keys.values()) == expected["siren_with_more_than_one_response"]
    assert sum(keys.values()) - len(keys) == expected["responses_beyond_the_first_of_their_siren"]


def test_what_was_wrong_is_in_quarantine(real, truth):
    expected = truth["all_responses"]
    reasons = Counter(row["reason_code"] for row in real.quarantine)
    assert reasons["siren_luhn_invalid"] == expected["siren_classes"]["luhn_invalid"]
    assert reasons["siren_bad_format"] == expected["siren_classes"]["bad_format"]
    assert reasons["siret_other_siren"] == expected["siret_valid_but_of_another_siren"]
    invalid = reasons["siret_luhn_invalid"] + reasons["siret_bad_format"]
    assert invalid == expected["siret_given_but_invalid"]
    assert reasons["test_row"] == expected["test_rows_by_company_name"]
    # A SIRET alone identifies a company too, so that there are no fewer than by SIREN.
    assert reasons["duplicate_company"] >= expected["responses_beyond_the_first_of_their_siren"]
    assert reasons["invalid_value"] == 0
    assert dict(reasons) == real.report.editions["survey_482617"].quarantine


def test_questions_asked_and_answered(view, truth, part, survey):
    for question in survey.questions:
        headings = view.headings(question.code)
        if not headings:
            continue
        rows = [view.rows(heading) for heading in headings]
        asked = sum(any(row["state"] != "not_asked" for row in cells) for cells in zip(*rows, strict=True))
        answered = sum(
            any(row["state"] in {"answered", "refused"} for row in cells) for cells in zip(*rows, strict=True)
        )
        assert asked == truth[part]["asked"][question.code], question.code
        assert answered == truth[part]["answered"][question.code], question.code


def test_distributions(view, truth, part):
    expected = truth[part]
    for heading in ("EFFECTIF", "CA", "EXPORT", "CONTACT"):
        assert view.raw(heading) == expected[heading], heading
    for question in ("INNO", "PAYS", "DIFF", "ETUD", "FREIN"):
        for heading, counts in expected[question].items():
            assert view.raw(heading) == counts, heading


def test_means(view, truth, part):
    for item, expected in truth[part]["COMP"].items():
        marks = [int(row["value_code"]) for row in view.rows(f"COMP[{item}]") if row["value_code"]]
        assert len(marks) == expected["n"]
        assert sum(marks) / len(marks) == pytest.approx(expected["mean"], abs=5e-7)
    shares = [row["value_number"] for row in view.rows("PARTEXP") if row["value_number"] is not None]
    assert len(shares) == truth[part]["PARTEXP"]["n"]
    assert sum(shares) / len(shares) == pytest.approx(truth[part]["PARTEXP"]["mean"], abs=5e-7)


def test_rankings_and_free_text(view, truth, part):
    first = view.raw("TOP3[1]")
    del first[BLANK]
    assert first == truth[part]["TOP3_first"]
    mentioned = sum((view.raw(f"TOP3[{slot}]") for slot in range(1, 9)), Counter())
    del mentioned[BLANK]
    assert mentioned == truth[part]["TOP3_mentioned"]
    missing = view.rows("MANQUE")
    assert sum(row["value_text"] is not None for row in missing) == truth[part]["MANQUE_nonempty"]
    refusals = sum(
        count for noise, count in truth[part]["MANQUE_noise"].items() if noise.startswith("refusal_")
    )
    assert sum(row["state"] == "refused" for row in missing) == refusals


def test_replayed_states_of_the_csv_are_those_that_vv_tells(real_export):
    replayed, told = (
        {(key[0] - real.first_id, *key[1:]): row["state"] for key, row in real.answers.items()}
        for real in (real_export("limesurvey"), real_export("limesurvey_vv"))
    )
    assert replayed == told
    assert Counter(told.values())["not_asked"] > 4_000
