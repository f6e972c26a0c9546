"""Alerts go out through a real SMTP server and a real HTTP server on loopback."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest
from aiosmtpd.controller import Controller

from orchestration.automation.alerts import Alert, send
from orchestration.automation.failures import describe_failure
from orchestration.errors import SkillsBankError
from orchestration.settings import Settings

ALERT = Alert(
    "Refresh failed: gate marts",
    [
        "Gate: marts",
        "Expectation: expect_column_values_to_be_between",
        "Table: fct_response, 3 rows: c0ffee12…",
    ],
    {
        "Run": "http://127.0.0.1:3000/runs/abc",
        "Check marts": "http://127.0.0.1:3000/assets/ind_innovation_export?view=checks&checkDetail=marts",
        "What to do": "docs/operations.md#a-gate-failed",
    },
)


class Mailbox:
    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.messages.append(envelope)
        return "250 OK"


@pytest.fixture
def smtp():
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        mailbox.port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def webhook():
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append((self.path, json.loads(body)))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *arguments):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


def test_nothing_is_sent_until_configured():
    assert send(ALERT, Settings()) == []


def test_mail_and_webhook_carry_every_line(smtp, webhook):
    url, received = webhook
    settings = Settings(
        smtp_host="127.0.0.1", smtp_port=smtp.port, alert_to="duty@example.org", webhook_url=f"{url}/hook"
    )
    assert send(ALERT, settings) == ["e-mail", "webhook"]
    mail = smtp.messages[0].content.decode()
    assert smtp.messages[0].rcpt_tos == ["duty@example.org"]
    ((path, payload),) = received
    assert path == "/hook"
    assert payload["link"] == ALERT.link
    for line in ALERT.lines:
        assert line in payload["text"]
    assert "Gate: marts" in mail
    for link in ALERT.links.values():
        assert link in mail.replace("=3D", "=").replace("=\r\n", "")


def test_a_refusing_channel_does_not_keep_the_other_from_sending(smtp, webhook):
    url, _ = webhook
    settings = Settings(
        smtp_host="127.0.0.1", smtp_port=smtp.port, alert_to="duty@example.org", webhook_url=f"{url}/broken"
    )
    with pytest.raises(SkillsBankError, match="webhook") as error:
        send(ALERT, settings)
    assert len(smtp.messages) == 1
    assert "broken" not in str(error.value), "the webhook's address is a secret"


NASTY = Alert(
    "The refresh failed: gate marts",
    [
        "- a row: <script>alert(1)</script> <!channel> @all ```",
        *[f"row {number} " + "x" * 90 for number in range(60)],
    ],
    ALERT.links,
)


@pytest.mark.parametrize("chat", ["slack", "mattermost", "teams"])
def test_each_chat_gets_its_own_format(webhook, chat):
    url, received = webhook
    settings = Settings(webhook_url=f"{url}/hook", webhook_format=chat)
    assert send(NASTY, settings) == ["webhook"]
    ((_, payload),) = received
    said = json.dumps(payload)
    assert ALERT.link in said
    assert "checkDetail=marts" in said
    match chat:
        case "slack":
            header, section, context = payload["blocks"]
            assert header["text"] == {"type": "plain_text", "text": NASTY.subject}
            assert len(section["text"]["text"]) <= 3000
            assert section["text"]["text"].endswith("…")
            assert "<!channel>" not in said
            assert "<script>" not in said
            assert f"<{ALERT.link}|Run>" in context["elements"][0]["text"]
        case "mattermost":
            fence = payload["text"].split("```")
            assert len(fence) == 3, "the facts stay inside their block of code"
            assert "@all" in fence[1]
            assert f"[Run]({ALERT.link})" in fence[2]
        case "teams":
            (attachment,) = payload["attachments"]
            assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
            card = attachment["content"]
            assert [block["type"] for block in card["body"]] == ["TextBlock"] + ["RichTextBlock"] * len(
                NASTY.lines
            )
            assert [action["title"] for action in card["actions"]] == ["Run", "Check marts"]


def test_a_subject_of_several_lines_makes_no_header(smtp):
    settings = Settings(smtp_host="127.0.0.1", smtp_port=smtp.port, alert_to="duty@example.org")
    send(Alert("one\r\nBcc: other@example.org"), settings)
    assert "\nBcc:" not in smtp.messages[0].content.decode().replace("\r", "").split("\n\n")[0]


@dg.job
def one_that_takes_too_long(): ...


def test_a_run_that_the_daemon_has_ended_is_told_with_its_reason(tmp_path):
    """No step of it has failed, and there is no error: all that is on record is a message."""
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(one_that_takes_too_long)
        instance.report_run_failed(run, "Exceeded maximum runtime of 14400 seconds.")
        alert = describe_failure(instance, run.run_id, Settings(data=tmp_path))
    assert alert.lines[0] == "Exceeded maximum runtime of 14400 seconds."
    assert alert.lines[1] == "What to do: start the job again."
    assert alert.links["What to do"].endswith("#a-run-ended-from-outside")
