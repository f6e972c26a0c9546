"""Alerts go out through a real SMTP server and a real HTTP server on loopback."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from aiosmtpd.controller import Controller

from orchestration.automation.alerts import Alert, send
from orchestration.errors import SkillsBankError
from orchestration.settings import Settings

ALERT = Alert(
    "Refresh failed: gate marts",
    [
        "Gate: marts",
        "Expectation: expect_column_values_to_be_between",
        "Table: fct_response, 3 rows: c0ffee12…",
    ],
    "http://127.0.0.1:3000/runs/abc",
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
    assert ALERT.link in mail


def test_a_refusing_channel_does_not_keep_the_other_from_sending(smtp, webhook):
    url, _ = webhook
    settings = Settings(
        smtp_host="127.0.0.1", smtp_port=smtp.port, alert_to="duty@example.org", webhook_url=f"{url}/broken"
    )
    with pytest.raises(SkillsBankError, match="webhook") as error:
        send(ALERT, settings)
    assert len(smtp.messages) == 1
    assert "broken" not in str(error.value), "the webhook's address is a secret"
