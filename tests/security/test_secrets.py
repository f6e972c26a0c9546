"""Every secret that a setting may hold, marked, and servers that send back what they were sent: no mark is stored,
logged or printed. The survey server's own faults, one by one: tests/collection/limesurvey/test_secrets.py."""

import logging
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer

import dagster as dg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from orchestration.automation import alerts
from orchestration.automation.failures import describe_failure
from orchestration.cli import app
from orchestration.codebook import load_all
from orchestration.collection.assets import collection_assets, limesurvey_resource
from orchestration.collection.partners.contract import load_all as load_contracts
from orchestration.collection.register.api import SireneApi
from orchestration.collection.register.assets import register_asset
from orchestration.errors import SkillsBankError
from orchestration.log_guard import HIDDEN
from orchestration.settings import Settings

from ..automation.conftest import CODEBOOK, make_small

MARK = "zqsecret"


@dataclass
class Echo:
    """Ports of servers that refuse, and what they heard."""

    web: int
    mail: int
    heard: list[str]


@pytest.fixture(scope="module")
def echo():
    """A server that refuses everything, and says in its answer all that it was told."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode(errors="replace")
            said = f"refused: {self.path} {self.headers} {body}"
            heard.append(said)
            self.send_response(403, f"Forbidden {self.path}")
            self.end_headers()
            self.wfile.write(said.encode())

        def do_GET(self):
            self.do_POST()

        def do_HEAD(self):
            self.do_POST()

        def do_PUT(self):
            self.do_POST()

        def log_message(self, *_):
            pass

    class Mail(StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 mail\r\n")
            for line in self.rfile:
                heard.append(f"mail {line.decode()}")
                hello = line.upper().startswith(b"EHLO")
                self.wfile.write(b"250-mail\r\n250 AUTH PLAIN\r\n" if hello else b"535 refused: " + line)

    servers = ThreadingHTTPServer(("127.0.0.1", 0), Handler), ThreadingTCPServer(("127.0.0.1", 0), Mail)
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Echo(*(server.server_address[1] for server in servers), heard)
    for server in servers:
        server.shutdown()


def secrets(web, mail):
    """Settings with a mark in each secret, a mark of its own each."""
    here = f"127.0.0.1:{web}"
    given = {
        "SKILLSBANK_COMPANY_KEY_SECRET": f"{MARK}-company-keys-long-enough",
        "SKILLSBANK_LIMESURVEY_URL": f"http://{here}/index.php/admin/remotecontrol",
        "SKILLSBANK_LIMESURVEY_USER": "collector",
        "SKILLSBANK_LIMESURVEY_SECRET": f"{MARK}-limesurvey",
        "SKILLSBANK_SIRENE_KEY": f"{MARK}-sirene",
        "SKILLSBANK_SMTP_HOST": "127.0.0.1",
        "SKILLSBANK_SMTP_PORT": str(mail),
        "SKILLSBANK_SMTP_USER": "alerts",
        "SKILLSBANK_SMTP_PASSWORD": f"{MARK}-smtp",
        "SKILLSBANK_CELERY_BROKER": f"redis://:{MARK}-broker@127.0.0.1:1/0",
        "SKILLSBANK_CELERY_RESULTS": f"redis://:{MARK}-results@127.0.0.1:1/1",
        "SKILLSBANK_ALERT_TO": "duty@example.org",
    }
    given["SKILLSBANK_WEBHOOK_URL"] = f"http://{here}/hooks/{MARK}-webhook"
    for name in ("UNITS", "PLACES"):
        given[f"SKILLSBANK_REGISTER_{name}_URL"] = f"http://{here}/stock.parquet?token={MARK}-register"
    given["SKILLSBANK_PARTNER_URLS__VACANCIES"] = f"http://{here}/vacancies.csv?token={MARK}-partner"
    given |= {
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": f"{MARK}-aws",
        "AWS_SESSION_TOKEN": f"{MARK}-aws-session",
        "AWS_ENDPOINT_URL": f"http://{here}",
    }
    return given


@pytest.fixture(scope="module")
def small(tmp_path_factory, clean_environment):
    small = make_small(tmp_path_factory.mktemp("secrets"))
    path = small.settings.codebooks / CODEBOOK.name
    text = path.read_text(encoding="utf-8")
    assert "exports:\n" in text
    server = '  - {source: server, files: "*.none", format: limesurvey_json, server: {survey_id: 482617}}\n'
    path.write_text(text.replace("exports:\n", f"exports:\n{server}"), encoding="utf-8")
    return small


def marks_under(folder):
    return [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and MARK.encode() in path.read_bytes()
    ]


def test_each_secret_of_the_settings_is_marked(monkeypatch):
    for name, value in secrets(1, 2).items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    hidden = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    assert len(hidden) >= 5
    for name in hidden:
        value = getattr(settings, name)
        given = list(value.values()) if isinstance(value, dict) else [value]
        assert given
        for one in given:
            assert isinstance(one, SecretStr), f"{name}: set it in secrets()"
            assert MARK in one.get_secret_value()
    assert f"{MARK}-" not in f"{[getattr(settings, name) for name in hidden]}"


def test_a_run_whose_servers_echo_everything_stores_logs_and_prints_no_secret(
    small, echo, monkeypatch, capfd, caplog
):
    """The assets that ask servers, on Dagster's real storage, and the alert of their failure."""
    # They write down what is asked, secret or not.
    for library in (None, "urllib3", "urllib3.connectionpool", "requests", "citric"):
        caplog.set_level(logging.DEBUG, library)
    for variable, value in (small.environment() | secrets(echo.web, echo.mail)).items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("DAGSTER_HOME", str(small.data / "dagster"))
    settings = Settings()
    books = load_all(settings.codebooks)
    partners = load_contracts(settings.contracts)
    assets = [
        one
        for one in collection_assets(settings, books, partners)
        if "export__" in str(one.keys) or "vacancies" in str(one.keys)
    ]
    assets.append(register_asset(settings, books, [settings.inbox]))
    resources = {
        "refresh_lock": dg.ResourceDefinition.hardcoded_resource(None),
        "limesurvey": limesurvey_resource(settings),
    }
    with dg.DagsterInstance.get() as instance:
        done = dg.materialize(assets, resources=resources, instance=instance, raise_on_error=False)
        alert = describe_failure(instance, done.run_id, settings)
    with pytest.raises(SkillsBankError, match=r"could not be sent by e-mail .*webhook") as unsent:
        alerts.send(alert, settings)
    api = SireneApi(settings.sirene_key, address=f"http://127.0.0.1:{echo.web}")
    assert api.company("732829320") == "not_disclosed"  # what a 403 means there
    # The servers did get them, and sent them back.
    heard = "".join(echo.heard)
    for part in ("limesurvey", "partner", "register", "webhook", "sirene"):
        assert f"{MARK}-{part}" in heard, part
    assert "mail AUTH" in heard
    said = alert.text() + str(unsent.value) + repr(api) + "".join(capfd.readouterr()) + caplog.text
    assert said.count("HTTP 403") >= 2
    assert ("urllib3.connectionpool", logging.DEBUG, HIDDEN) in caplog.record_tuples
    assert MARK not in said
    assert marks_under(small.data) == []
    assert sum(path.stat().st_size for path in (small.data / "dagster").rglob("*.db")) > 10_000


@pytest.mark.parametrize(
    "target",
    ["sftp://user:zqsecret-sftp@127.0.0.1:{port}/web", "s3://bucket/zq", "webdav://user:zqsecret@h/x"],
)
def test_a_publishing_that_fails_shows_no_password(small, echo, monkeypatch, caplog, target):
    for library in (None, "botocore", "botocore.auth", "paramiko", "fsspec"):
        caplog.set_level(logging.DEBUG, library)
    for variable, value in (small.environment() | secrets(echo.web, echo.mail)).items():
        monkeypatch.setenv(variable, value)
    refused = CliRunner().invoke(app, ["publish", "--to", target.format(port=echo.web)])
    assert refused.exit_code != 0
    assert MARK not in refused.output + str(refused.exception) + caplog.text
    assert marks_under(small.data) == []


def test_neither_does_an_odd_answer_have_its_address_logged(caplog):
    """As urllib3 warns of it, by default; an error of theirs would still be seen."""
    log = logging.getLogger("urllib3.connection")
    log.warning("Failed to parse headers (url=%s): %s", f"http://h/stock?token={MARK}", "odd")
    log.error("an error")
    assert caplog.messages == [HIDDEN, "an error"]


def test_the_doctor_shows_none(small, echo, monkeypatch):
    for variable, value in (small.environment() | secrets(echo.web, echo.mail)).items():
        monkeypatch.setenv(variable, value)
    said = CliRunner().invoke(app, ["doctor"])
    assert "secrets" in said.output
    assert MARK not in said.output
