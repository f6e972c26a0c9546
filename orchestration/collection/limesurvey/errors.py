"""What can go wrong with a LimeSurvey server. Belongs here: the kinds of failure, and what the server's words
mean. Does not: calling it."""

from __future__ import annotations

import re

from orchestration.errors import ExportError

_SHOWN = 200
_EMPTY = ("no data", "no survey participants found", "no surveys found")
_NOT_ALLOWED = ("no permission", "invalid surveyid", "error: invalid survey id")


class LimeSurveyError(ExportError):
    """A pull that cannot go on; nothing of it was kept."""


class LoginRefusedError(LimeSurveyError):
    """The login failed, for whatever reason. It is never tried again: three failures lock the address."""


class RefusedError(LimeSurveyError):
    """The server understood the call and says no."""


class KeyExpiredError(RefusedError):
    """The session key is not valid any more: it lives 7,200 s from its creation, however much it is used."""


class NothingThereError(RefusedError):
    """The survey has no table or no response yet: a state, not a failure."""


class UnreachableError(LimeSurveyError):
    """No whole answer came: the same read may well succeed a little later."""


class GarbledError(LimeSurveyError):
    """An answer came that is none of RemoteControl 2; the same call would bring it again."""


class TooLargeError(LimeSurveyError):
    """The answer is larger than allowed: fewer responses must be asked for at a time."""


class CountsDifferError(LimeSurveyError):
    """The responses read are not as many as the server says it has."""


def login_refused(host: str, text: str) -> LoginRefusedError:
    """Explain why the server gave no session key; ``text`` is its own answer."""
    if text == "Invalid user name or password":
        problem = "the server refuses the user name or the password"
        fix = (
            "correct SKILLSBANK_LIMESURVEY_USER and SKILLSBANK_LIMESURVEY_SECRET before the next run: three "
            "failed logins lock this address for 10 minutes"
        )
    else:
        problem = f"the server refuses the login: '{text[:_SHOWN]}'"
        fix = (
            "if it speaks of too many attempts, this address is locked for 10 minutes after three failed "
            "logins, and the right password is refused too: wait, correct the user and secret, run once"
        )
    return LoginRefusedError(
        problem, where=host, expected="a session key", fix=f"{fix}. It was not tried again"
    )


def refused(host: str, call: str, text: str, code: str | None = None) -> RefusedError:
    """Tell the kinds of status answers apart, by LimeSurvey 7's error code or by the English text."""
    words, letters = text.strip().lower(), re.sub(r"[^a-z]", "", (code or "").lower())
    where = f"{host}, {call}"
    said = f"the server answers '{text[:_SHOWN]}'" + (f" (error code {code[:_SHOWN]})" if code else "")
    if words.startswith("invalid session key") or "invalidsessionkey" in letters:
        return KeyExpiredError(said, where=where, fix="run again; the key lives two hours")
    if words.startswith(_EMPTY):
        return NothingThereError(
            said,
            where=where,
            expected="a survey that was activated, with its table of responses",
            fix="look whether the survey is still there and active, then run again; what was archived stays",
        )
    if words.startswith(_NOT_ALLOWED) or "permission" in letters:
        return RefusedError(
            said,
            where=where,
            expected="a survey that exists and that the account may read and export (LimeSurvey says the "
            "same for both)",
            fix="check 'survey_id' in the codebook; give the account survey read, survey content read, "
            "responses read and export on this survey (docs/limesurvey.md)",
        )
    if words.startswith(("language code not found", "error: invalid language")):
        return RefusedError(
            said,
            where=where,
            expected="the first of the codebook's 'languages' among those of the survey",
            fix="correct 'languages' in the codebook",
        )
    return RefusedError(said, where=where, fix="see docs/limesurvey.md, or ask the server's administrator")
