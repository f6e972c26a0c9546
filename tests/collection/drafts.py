"""Drafting from surveys made up for a test: a structure of one question, and the way to a codebook that loads."""

from orchestration.codebook import load
from orchestration.collection.drafting import write_draft


def draft(survey, folder, edition="tour_2026"):
    made = write_draft(survey, folder, edition)
    return made, load(made.path)


def structure(kind, *, other="N", rows="", across="", answers="", relevance="1", more=""):
    """An .lss file of one question Q (and what ``more`` adds), as LimeSurvey 6 writes it."""

    def table(name, rows):
        made = "".join(f"<row>{''.join(f'<{k}>{v}</{k}>' for k, v in row.items())}</row>" for row in rows)
        return f"<{name}><rows>{made}</rows></{name}>"

    axis = [*((code, 0) for code in rows), *((code, 1) for code in across)]
    children = [
        {"qid": 10 + i, "parent_qid": 1, "title": code, "scale_id": scale, "question_order": i}
        for i, (code, scale) in enumerate(axis)
    ]
    options = [
        {"aid": 100 + i, "qid": 1, "code": code, "sortorder": i, "scale_id": 0}
        for i, code in enumerate(answers)
    ]
    question = {
        "qid": 1,
        "sid": 7,
        "gid": 3,
        "type": kind,
        "title": "Q",
        "other": other,
        "relevance": relevance,
    }
    texts = [{"qid": 1, "question": "Une question", "language": "fr"}]
    settings = {"sid": 7, "language": "fr", "additional_languages": "", "format": "G"}
    parts = [
        table("surveys", [settings]),
        table("groups", [{"gid": 3, "group_order": 0}]),
        table("questions", [question]).replace("</rows>", more + "</rows>"),
        table("subquestions", children),
        table("answers", options),
        table("question_l10ns", texts),
    ]
    return f"<document><LimeSurveyDocType>Survey</LimeSurveyDocType>{''.join(parts)}</document>"
