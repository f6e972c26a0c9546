"""Calls to a LimeSurvey server, on citric. Belongs here: the session key, what is tried again, what an answer
means. Does not: pages and windows, or HTTP itself (transport.py)."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, Literal, TypeVar

import citric
from citric import exceptions as theirs
from pydantic import SecretStr

from orchestration.collection.limesurvey.errors import (
    GarbledError,
    KeyExpiredError,
    LimeSurveyError,
    LoginRefusedError,
    NothingThereError,
    UnreachableError,
    login_refused,
    refused,
)
from orchestration.collection.limesurvey.transport import Limits, Transport, checked_host
from orchestration.settings import Settings

_TRIES = 4
_FIRST_PAUSE = 1.0
_OTHER_FORM = (KeyError, TypeError, ValueError, AttributeError, RecursionError)

_Answer = TypeVar("_Answer")


class Server:
    """One LimeSurvey server for one run: a context manager that logs in at the first call and out at its end.

    Only what a least-privilege account may do is called: get_summary, get_fieldmap and export_responses, and
    for drafts of codebooks list_surveys, list_questions and get_question_properties. All are reads, so that
    they are tried again when no whole answer came; a login never is.
    """

    def __init__(
        self,
        url: str,
        user: str,
        secret: SecretStr,
        *,
        limits: Limits | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.host = checked_host(url)
        self._url, self._user, self._secret = url, user, secret
        self._limits, self._pause = limits or Limits(), pause
        self._client: citric.Client | None = None
        self._locked_out: str | None = None

    def __repr__(self) -> str:
        return f"Server(host={self.host!r})"

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the session key, if there is one; a server that cannot be reached forgets it by itself."""
        client, self._client = self._client, None
        if client is not None:
            self._outcome("release_session_key", client.close)

    def count(self, survey: int) -> int | None:
        """Give the number of responses, complete or not; None where the survey was never activated.

        Raises:
            LimeSurveyError: the server cannot be asked, or does not show this survey.
        """
        try:
            summary = self._read("get_summary", lambda client: client.get_summary(survey))
        except NothingThereError:
            return None
        if summary is None:
            return None
        try:
            return int(str(summary["full_responses"]))
        except (KeyError, TypeError, ValueError):
            raise self._not_rpc("get_summary", "without a number of responses") from None

    def fieldmap(self, survey: int) -> Mapping[str, Mapping[str, Any]]:
        """Give the survey's columns: field name to what LimeSurvey says of it.

        Raises:
            LimeSurveyError: as ``count``.
        """
        fields: Any = self._read("get_fieldmap", lambda client: client.get_fieldmap(survey))
        if not isinstance(fields, dict) or not all(isinstance(field, dict) for field in fields.values()):
            raise self._not_rpc("get_fieldmap", "that lists no fields")
        return fields

    def title(self, survey: int) -> str:
        """Give the survey's title in its first language; "" where the server does not list it.

        Raises:
            LimeSurveyError: as ``count``.
        """
        try:
            surveys: Any = self._read("list_surveys", lambda client: client.list_surveys())
        except NothingThereError:
            return ""
        rows = self._objects("list_surveys", surveys)
        return next(
            (str(row.get("surveyls_title")) for row in rows if str(row.get("sid")) == str(survey)), ""
        )

    def questions(self, survey: int, language: str) -> list[Mapping[str, Any]]:
        """List the questions and subquestions, mixed, with their texts in a language.

        Raises:
            LimeSurveyError: as ``count``, or the survey is not in this language.
        """
        found: Any = self._read(
            "list_questions", lambda client: client.list_questions(survey, language=language)
        )
        return self._objects("list_questions", found)

    def properties(self, question: int, language: str) -> Mapping[str, Any]:
        """Give a question's answer options and language settings (``answeroptions``, ``attributes_lang``).

        Raises:
            LimeSurveyError: as ``questions``.
        """
        wanted = ["answeroptions", "attributes_lang"]
        found: Any = self._read(
            "get_question_properties",
            lambda client: client.get_question_properties(question, settings=wanted, language=language),
        )
        return self._objects("get_question_properties", [found])[0]

    def _objects(self, call: str, found: Any) -> list[Mapping[str, Any]]:
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise self._not_rpc(call, "of another form than this call has")
        return found

    def responses(
        self, survey: int, form: Literal["csv", "json"], language: str, fields: Collection[str], ids: range
    ) -> bytes:
        """Export these fields of the responses whose ids lie in a range; b"" where it has none at all.

        Everything is named, since LimeSurvey silently replaces what it does not know by a default: all
        responses, code headings, short answers.

        Raises:
            TooLargeError: ask for fewer.
            LimeSurveyError: as ``count``.
        """
        try:
            data: Any = self._read(
                "export_responses",
                lambda client: client.export_responses(
                    survey,
                    file_format=form,
                    language=language,
                    completion_status="all",
                    heading_type="code",
                    response_type="short",
                    from_response_id=ids.start,
                    to_response_id=ids.stop - 1,
                    fields=list(fields),
                ),
            )
        except NothingThereError:
            return b""
        return bytes(data)

    def _read(self, call: str, work: Callable[[citric.Client], _Answer]) -> _Answer:
        """Ask, with one new login if the key has expired, and again after a pause if no whole answer came."""
        renewed = False
        pause, tries = _FIRST_PAUSE, 1
        while True:
            client = self._logged_in()
            outcome = self._outcome(call, lambda: work(client))  # noqa: B023 - called at once
            if isinstance(outcome, KeyExpiredError) and not renewed:
                renewed, self._client = True, None
            elif isinstance(outcome, UnreachableError) and tries < _TRIES:
                # Spread, so that two runs that met the same trouble do not come back together.
                self._pause(pause * random.uniform(0.75, 1.25))
                pause, tries = pause * 2, tries + 1
            elif isinstance(outcome, LimeSurveyError):
                raise outcome
            else:
                return outcome

    def _logged_in(self) -> citric.Client:
        """The client with its key, after one login; a login that failed is not tried again in this run."""
        if self._client is not None:
            return self._client
        if self._locked_out is not None:
            raise LoginRefusedError(self._locked_out)
        transport = Transport(self._url, self._limits)
        outcome = self._outcome(
            "get_session_key",
            lambda: citric.Client(
                self._url, self._user, self._secret.get_secret_value(), requests_session=transport
            ),
        )
        if isinstance(outcome, citric.Client) and not isinstance(outcome.session.key, str):
            outcome = self._not_rpc("get_session_key", "without a session key")
        if isinstance(outcome, LimeSurveyError):
            transport.close()
            if not isinstance(outcome, LoginRefusedError):
                outcome = LoginRefusedError(f"the login failed and was not tried again. {outcome}")
            self._locked_out = str(outcome)
            raise outcome
        self._client = outcome
        return outcome

    def _outcome(self, call: str, work: Callable[[], _Answer]) -> _Answer | LimeSurveyError:
        """Do one call; its failure comes back as ours, cut off from citric's, whose frames hold key and
        password."""
        try:
            return work()
        except LimeSurveyError as failure:
            return failure.with_traceback(None)
        except theirs.LimeSurveyStatusError as status:
            return self._no(call, str(status.args[0]), status.error_code)
        # citric takes it for granted that an answer is an object, and a result text where text is due.
        except (theirs.LimeSurveyError, theirs.ResponseMismatchError, *_OTHER_FORM) as failure:
            return self._garbled(call, failure)

    def _no(self, call: str, text: str, code: str | None) -> LimeSurveyError:
        """A status where something else was due."""
        text = self._clean(text.removesuffix(f" (error code: {code})"))
        if call == "get_session_key":
            return login_refused(self.host, text)
        return refused(self.host, call, text, None if code is None else self._clean(str(code)))

    def _garbled(self, call: str, failure: Exception) -> LimeSurveyError:
        if isinstance(failure, theirs.InvalidJSONResponseError):
            return UnreachableError(
                "the answer is malformed JSON, or was cut off",
                where=f"{self.host}, {call}",
                fix="run again; if it stays, ask the server's administrator",
            )
        if isinstance(failure, theirs.LimeSurveyApiError):
            return GarbledError(
                f"LimeSurvey answers '{self._clean(str(failure))}'",
                where=f"{self.host}, {call}",
                fix="ask the server's administrator, who can read more in its log",
            )
        is_other = isinstance(failure, theirs.ResponseMismatchError)
        return self._not_rpc(
            call, "to another question" if is_other else "of another form than this call has"
        )

    def _not_rpc(self, call: str, what: str) -> GarbledError:
        return GarbledError(
            f"the server gives an answer {what}",
            where=f"{self.host}, {call}",
            expected="RemoteControl 2 of LimeSurvey 3 to 7",
            fix="check SKILLSBANK_LIMESURVEY_URL, and what stands between this machine and the server",
        )

    def _clean(self, text: str) -> str:
        """A server's words without the secret and the key, should it repeat them."""
        key = self._client.session.key if self._client is not None else None
        for hidden in (self._secret.get_secret_value(), key):
            text = text.replace(hidden, "***") if hidden else text
        return text[:200]


def configured(settings: Settings) -> Server | None:
    """The server that the settings name; None where they name none.

    Raises:
        LimeSurveyError: they name only a part of it, or an address that would give the password away.
    """
    url, user, secret = settings.limesurvey_url, settings.limesurvey_user, settings.limesurvey_secret
    if not url and not user and secret is None:
        return None
    if not url or not user or secret is None:
        raise LimeSurveyError(
            "the settings name only a part of a LimeSurvey server",
            expected="SKILLSBANK_LIMESURVEY_URL, SKILLSBANK_LIMESURVEY_USER and SKILLSBANK_LIMESURVEY_SECRET",
            fix="set all three, or none to collect files",
        )
    return Server(url, user, secret)
