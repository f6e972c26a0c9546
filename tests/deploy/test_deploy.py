"""The files of a deployment: users, rights and addresses, and what the tools at hand say of them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ..conftest import installed

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
WEB = [path for path in UNITS if not re.search("daemon|worker", path.name)]


def service(path):
    """A unit's [Service] section; a key that stands twice is joined, as systemd does with lists."""
    found = {}
    section = path.read_text().partition("[Service]")[2].partition("[Install]")[0]
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", section):
        found[key] = f"{found[key]} {value}" if key in found else value
    return found


def test_daemon_and_webservers_are_different_users_without_rights():
    assert len(UNITS) == 4
    users = {path.name: service(path)["User"] for path in UNITS}
    assert set(users.values()) == {"skillsbank", "skillsbank-web"}
    assert all(users[path.name] == "skillsbank-web" for path in WEB)
    for path in UNITS:
        options = service(path)
        assert ("ExecStartPre" in options) == ("daemon" in path.name)
        assert ("skillsbank-daemon.service" in path.read_text().partition("[Service]")[0]) == (path in WEB)
        assert options["CapabilityBoundingSet"] == ""
        assert options["NoNewPrivileges"] == "yes"
        assert options["ProtectSystem"] == "strict"


@pytest.mark.parametrize("path", WEB, ids=lambda path: path.stem)
def test_webservers_are_on_loopback_and_see_neither_contacts_nor_secrets(path):
    options = service(path)
    assert " -h 127.0.0.1 " in options["ExecStart"]
    hidden = options["InaccessiblePaths"]
    for name in ("contacts", "secrets", "inbox", "audit"):
        assert f"-/srv/skillsbank/{name}" in hidden
    assert options["ReadWritePaths"] == "/srv/skillsbank/dagster"
    assert options["ExecStart"].endswith("--read-only") == ("readonly" in path.name)


def test_systemd_finds_no_fault(tmp_path):
    """Only what needs the machine's own users and programs may be missing here."""
    tool = installed(shutil.which("systemd-analyze"), "systemd-analyze is not on this machine")
    for path in UNITS:
        text = re.sub(r"(?m)^(ExecStart(?:Pre)?)=\S+", r"\1=/bin/true", path.read_text())
        (tmp_path / path.name).write_text(text)
    said = subprocess.run(
        [tool, "verify", *(str(tmp_path / path.name) for path in UNITS)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    faults = [line for line in said.stderr.splitlines() if str(tmp_path) in line or "skillsbank" in line]
    assert not faults, faults


@pytest.mark.parametrize("name", ["skillsbank.conf", "skillsbank-oidc.conf"])
def test_nginx_asks_who_it_is_and_speaks_tls_alone(name):
    """What can be told without nginx; tests/deploy/test_nginx.py runs it."""
    text = (DEPLOY / "nginx" / name).read_text()
    proxied = re.findall(r"location / \{(.*?)\}", text, re.DOTALL)
    assert [re.search(r"proxy_pass http://(\S+);", one)[1] for one in proxied] == [
        "127.0.0.1:3001",
        "127.0.0.1:3000",
    ]
    assert all(re.search("auth_basic_user_file|auth_request /oauth2/auth", one) for one in proxied)
    assert set(re.findall(r"listen (\d+)", text)) == {"80", "443"}
    assert "return 301 https" in text
    assert text.count("include /etc/nginx/skillsbank-common.inc;") == 2
    assert 'proxy_set_header Authorization "";' in (DEPLOY / "nginx" / "skillsbank-common.inc").read_text()


def test_compose_keeps_to_loopback_and_to_least_rights():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"prepare", "daemon", "engineers", "analysts"}
    for name, one in services.items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert all(port.startswith("127.0.0.1:") for port in one.get("ports", [])), name
        hidden = set(one["tmpfs"]) >= {
            "/srv/skillsbank/contacts",
            "/srv/skillsbank/secrets",
            "/srv/skillsbank/inbox",
            "/srv/skillsbank/audit",
        }
        is_web = name in {"engineers", "analysts"}
        assert hidden == is_web, name
        # Only the daemon has the secrets of the environment; the webservers are another user, of its group.
        assert ("env_file" in one) == (name == "daemon"), name
        assert one.get("user") == ("10002:10001" if is_web else None), name
        assert "umask 0007" in one["entrypoint"][-1], name
        assert name == "prepare" or one["depends_on"] == {
            "prepare": {"condition": "service_completed_successfully"}
        }
    assert services["analysts"]["entrypoint"][-1].endswith("--read-only")
    assert "--read-only" not in services["engineers"]["entrypoint"][-1]


def test_the_image_copies_what_is_there_and_runs_without_root():
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    (lock,) = [line.removeprefix("ARG LOCK=") for line in lines if line.startswith("ARG ")]
    for line in lines:
        if line.startswith("COPY "):
            for name in line.replace("${LOCK}", lock).split()[1:-1]:
                assert (DEPLOY.parent / name).exists(), name
    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 10001:10001"]
    assert lines.index("USER 10001:10001") < lines.index('ENTRYPOINT ["skillsbank"]')
    assert any("--require-hashes" in line for line in lines)


@pytest.mark.parametrize(
    ("linter", "name"),
    [
        (["hadolint", "--failure-threshold", "style"], "Containerfile"),
        (["check-jsonschema", "--builtin-schema", "vendor.compose-spec"], "compose.yaml"),
    ],
    ids=["image", "compose"],
)
def test_linters_find_no_fault(linter, name):
    path = shutil.which(linter[0], path=str(Path(sys.executable).parent)) or shutil.which(linter[0])
    tool = installed(path, f"{linter[0]} is not on this machine (pip install 'skills-bank[dev]')")
    said = subprocess.run(
        [tool, *linter[1:], DEPLOY / name], capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 0, said.stdout + said.stderr
