"""Publishing outside, to a real folder, a bucket of an S3 server and an SFTP server, both on loopback."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
import urllib.request
from pathlib import Path

import fsspec
import paramiko
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.errors import ReleaseError
from orchestration.publication import outward
from orchestration.publication.outward import publish_to, published


@pytest.fixture
def shop(workshop):
    """A shop with one release."""
    workshop.publish(workshop.candidate())
    return workshop


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3, monkeypatch):
    """An empty bucket; access comes from AWS's own variables."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    urllib.request.urlopen(urllib.request.Request(f"{s3}/moto-api/reset", method="POST")).read()
    fsspec.filesystem("s3", skip_instance_cache=True).mkdir("open-data")
    return "s3://open-data/skills"


class _Login(paramiko.ServerInterface):
    def check_auth_password(self, username, password):
        good = (username, password) == ("publisher", "pass")
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username):
        return "password"

    def check_channel_request(self, kind, chanid):
        return paramiko.OPEN_SUCCEEDED


class _Files(paramiko.SFTPServerInterface):
    """The part of SFTP that publishing needs, on a real folder."""

    root: Path

    def _at(self, path):
        return self.root / path.lstrip("/")

    def _try(self, action):
        try:
            return action()
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    def stat(self, path):
        return self._try(lambda: paramiko.SFTPAttributes.from_stat(self._at(path).stat()))

    lstat = stat

    def list_folder(self, path):
        def entries():
            return [
                paramiko.SFTPAttributes.from_stat(each.stat(), each.name) for each in self._at(path).iterdir()
            ]

        return self._try(entries)

    def mkdir(self, path, attr):
        return self._try(lambda: self._at(path).mkdir()) or paramiko.SFTP_OK

    def posix_rename(self, oldpath, newpath):
        return self._try(lambda: self._at(oldpath).replace(self._at(newpath)) and None) or paramiko.SFTP_OK

    def open(self, path, flags, attr):
        def opened():
            handle = paramiko.SFTPHandle(flags)
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
            file = os.fdopen(os.open(self._at(path), flags, 0o644), "wb" if writes else "rb")
            handle.filename, handle.readfile, handle.writefile = str(self._at(path)), file, file
            return handle

        return self._try(opened)


@pytest.fixture
def sftp(tmp_path, monkeypatch):
    """An SFTP server on loopback with a fresh host key, which the user's list of hosts knows."""
    root = tmp_path / "server"
    root.mkdir()
    files = type("Files", (_Files,), {"root": root})
    key = paramiko.RSAKey.generate(2048)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
            transport.start_server(server=_Login())

    threading.Thread(target=serve, daemon=True).start()
    (tmp_path / ".ssh").mkdir()
    known = tmp_path / ".ssh" / "known_hosts"
    known.write_text(f"[127.0.0.1]:{port} ssh-rsa {key.get_base64()}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    yield f"sftp://publisher:pass@127.0.0.1:{port}/open-data", root / "open-data", known
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def contents(files, root):
    """Every file below a place, with its bytes."""
    return {path.removeprefix(f"{root}/"): files.cat_file(path) for path in files.find(root)}


def expected(release):
    public = release.folder / "public"
    files = (path for path in public.rglob("*") if path.is_file())
    return {f"{release.id}/{path.relative_to(public).as_posix()}": path.read_bytes() for path in files}


def check(found, release):
    """What lies at a target is this release, described and pointed to."""
    pointer, described = (
        json.loads(found.pop("current.json")),
        json.loads(found.pop(f"{release.id}/release.json")),
    )
    assert found == expected(release)
    assert pointer == {"release": release.id, "path": f"{release.id}/", "content_hash": release.content_hash}
    assert described["content_hash"] == release.content_hash
    assert {gate["gate"]: gate["passed"] for gate in described["gates"]}["secrecy"] is True
    assert set(described["files"]) == {name.partition("/")[2] for name in found}


def test_to_a_folder(shop, tmp_path):
    target = tmp_path / "outside" / "deep"
    release = outward.open_release(shop.releases)
    sent = publish_to(shop.releases, str(target))
    assert (sent.release, sent.skipped) == (release.id, 0)
    check(contents(fsspec.filesystem("file"), str(target)), release)
    assert not (target / release.id / "skills_bank.duckdb").exists()
    assert published(shop.releases) == {release.id}
    again = publish_to(shop.releases, str(target))
    assert (again.copied, again.skipped) == (0, sent.copied)


def test_to_a_bucket(shop, bucket):
    release = outward.open_release(shop.releases)
    sent = publish_to(shop.releases, bucket)
    files = fsspec.filesystem("s3", skip_instance_cache=True)
    check(contents(files, "open-data/skills"), release)
    files.rm_file(f"open-data/skills/{release.id}/dictionary.csv")
    files.pipe_file(
        f"open-data/skills/{release.id}/LICENCE.txt",
        b"x" * files.info(f"open-data/skills/{release.id}/LICENCE.txt")["size"],
    )
    again = publish_to(shop.releases, bucket)
    assert (again.copied, again.skipped) == (2, sent.copied - 2)
    check(contents(fsspec.filesystem("s3", skip_instance_cache=True), "open-data/skills"), release)


def test_to_an_sftp_server(shop, sftp):
    address, root, _ = sftp
    release = outward.open_release(shop.releases)
    sent = publish_to(shop.releases, address)
    check(contents(fsspec.filesystem("file"), str(root)), release)
    again = publish_to(shop.releases, address)
    assert (again.copied, again.skipped) == (0, sent.copied)
    assert "pass" not in sent.target
    assert "pass" not in (shop.releases / "published.jsonl").read_text()


def test_an_sftp_server_that_nobody_knows_gets_nothing(shop, sftp):
    address, root, known = sftp
    known.write_text("")
    with pytest.raises(ReleaseError, match="not found in known_hosts") as refused:
        publish_to(shop.releases, address)
    assert "pass" not in str(refused.value)
    assert not root.exists()
    assert published(shop.releases) == set()


def test_one_that_was_broken_off_goes_on_and_the_pointer_comes_last(shop, tmp_path, monkeypatch):
    target = tmp_path / "outside"
    put, done = outward._put, []

    def failing(files, path, data):
        if len(done) == 20:
            raise ConnectionResetError("the line is dead")
        put(files, path, data)
        done.append(Path(path).name)

    monkeypatch.setattr(outward, "_put", failing)
    with pytest.raises(ReleaseError, match="the line is dead"):
        publish_to(shop.releases, str(target))
    assert not (target / "current.json").exists()
    assert published(shop.releases) == set()
    monkeypatch.setattr(
        outward, "_put", lambda *arguments: (put(*arguments), done.append(Path(arguments[1]).name))
    )
    sent = publish_to(shop.releases, str(target))
    assert sent.skipped == 20
    assert done[-2:] == ["release.json", "current.json"]
    assert len(done) == len(set(done))


def test_another_release_of_the_same_name_is_never_overwritten(shop, tmp_path):
    target = tmp_path / "outside"
    publish_to(shop.releases, str(target))
    before = contents(fsspec.filesystem("file"), str(target))
    other = shop.made.workshop(tmp_path / "other") if (tmp_path / "other").mkdir() is None else None
    other.publish(other.candidate(shift=1))
    with pytest.raises(ReleaseError, match="another release 2026-W48-1 already"):
        publish_to(other.releases, str(target))
    assert contents(fsspec.filesystem("file"), str(target)) == before


def test_a_release_that_is_not_sound_stays_in_the_house(shop, tmp_path):
    (outward.open_release(shop.releases).folder / "public" / "report.fr.html").write_text("spoilt")
    with pytest.raises(ReleaseError, match=r"report.fr.html has changed"):
        publish_to(shop.releases, str(tmp_path / "outside"))
    assert not (tmp_path / "outside").exists()


def test_the_command_publishes(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("SKILLSBANK_DATA", str(shop.releases.parent))
    finished = CliRunner().invoke(app, ["publish", "--to", str(tmp_path / "outside")])
    assert finished.exit_code == 0, finished.exception
    assert "current.json points to it" in finished.output
    assert "published outside" in CliRunner().invoke(app, ["releases", "list"]).output


# Starts from the pointer again and again, and holds every file that the release names against its checksum.
READER = """
import hashlib, json, sys
from pathlib import Path

target, seen, rounds = Path(sys.argv[1]), set(), 0
print("ready", flush=True)
stopped = False
while not stopped or rounds < 3:
    stopped = (target / "stop").exists()
    pointer = json.loads((target / "current.json").read_bytes())
    folder = target / pointer["path"]
    described = json.loads((folder / "release.json").read_bytes())
    assert described["content_hash"] == pointer["content_hash"]
    for name, state in described["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == state["sha256"], name
    seen.add(pointer["release"])
    rounds += 1
print(json.dumps(sorted(seen)), flush=True)
"""


def test_a_reader_outside_never_meets_a_mix_while_releases_come_and_go(shop, tmp_path):
    target = tmp_path / "outside"
    publish_to(shop.releases, str(target))
    command = [sys.executable, "-c", textwrap.dedent(READER), str(target)]
    reader = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert reader.stdout.readline() == "ready\n"
    for number in range(1, 5):
        shop.publish(shop.candidate(f"run-{number}", shift=number % 2))
        publish_to(shop.releases, str(target))
        publish_to(shop.releases, str(target), "2026-W48-1")
    (target / "stop").touch()
    out, errors = reader.communicate(timeout=60)
    assert reader.returncode == 0, errors
    assert "2026-W48-1" in out
