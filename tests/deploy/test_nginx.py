"""The nginx sites, run by a real nginx in front of servers that tell who they are and what reached them."""

import json
import shutil
import socket
import subprocess
import threading
import time
from base64 import b64encode
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import CERT_NONE, PROTOCOL_TLS_CLIENT, SSLContext
from urllib.parse import parse_qs, urlsplit

import pytest

from ..conftest import installed

NGINX = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
ANALYSTS, ENGINEERS = "skillsbank.example.org", "skillsbank-engineers.example.org"
PASSWORDS = {"analysts": ("ana", "read only"), "engineers": ("eng", "all of it")}


def upstream(answer):
    """A server on loopback; ``answer`` gives status and body from the request."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            status, body = answer(self)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def webserver(name):
    def answer(request):
        return 200, json.dumps({"server": name, "path": request.path, **dict(request.headers)}).encode()

    return upstream(answer)


def sign_on():
    """Stands for an oauth2-proxy: the cookie is the group of who signed in."""

    def answer(request):
        address = urlsplit(request.path)
        if address.path != "/oauth2/auth":
            return 200, b"the provider's page"
        group = request.headers.get("Cookie", "").removeprefix("group=")
        if not group:
            return 401, b""
        return (202 if group in parse_qs(address.query)["allowed_groups"][0].split(",") else 403), b""

    return upstream(answer)


@pytest.fixture(scope="module", params=["skillsbank.conf", "skillsbank-oidc.conf"])
def site(request, tmp_path_factory):
    """A running nginx: which site, and its ports for HTTP and HTTPS."""
    # Where Debian puts it, only root has it on the path.
    nginx = installed(
        shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin"),
        "nginx is not on this machine (Debian: apt-get install nginx-light)",
    )
    folder = tmp_path_factory.mktemp("nginx")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", f"/CN={ANALYSTS}",
         "-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    for file, (user, password) in PASSWORDS.items():
        hashed = subprocess.run(
            ["openssl", "passwd", "-apr1", password], check=True, capture_output=True, text=True
        )
        (folder / f"{file}.htpasswd").write_text(f"{user}:{hashed.stdout}")
    servers = {"3000": webserver("full"), "3001": webserver("read-only"), "4180": sign_on()}
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        plain, tls = one.getsockname()[1], two.getsockname()[1]
    (folder / "common.inc").write_text(_moved((NGINX / "skillsbank-common.inc").read_text(), folder))
    text = _moved((NGINX / request.param).read_text(), folder)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl;")
    for port, server in servers.items():
        text = text.replace(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{server.server_address[1]}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    (folder / "site.conf").write_text(text)
    (folder / "nginx.conf").write_text(
        f"user root; daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {places} include {folder}/site.conf; }}\n"
    )
    process = subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")])
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", tls)) == 0:
                break
        assert process.poll() is None, (folder / "error.log").read_text()
        time.sleep(0.05)
    yield request.param, plain, tls
    process.terminate()
    process.wait(10)
    for server in servers.values():
        server.shutdown()


def _moved(text, folder):
    text = text.replace("/etc/skillsbank/tls", str(folder)).replace("/etc/skillsbank", str(folder))
    return text.replace("/etc/nginx/skillsbank-common.inc", f"{folder}/common.inc")


def get(site, host, path="/", **headers):
    context = SSLContext(PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, CERT_NONE
    connection = HTTPSConnection("127.0.0.1", site[2], context=context, timeout=20)
    connection.request("GET", path, headers={"Host": host, **headers})
    answer = connection.getresponse()
    return answer, answer.read()


def password(group):
    return {"Authorization": f"Basic {b64encode(':'.join(PASSWORDS[group]).encode()).decode()}"}


def entry(site, group):
    """What who is of a group brings: a password, or the cookie of the sign-on."""
    return password(group) if site[0] == "skillsbank.conf" else {"Cookie": f"group=skillsbank-{group}"}


def test_nobody_enters_without_saying_who(site):
    for host in (ANALYSTS, ENGINEERS):
        answer, body = get(site, host, "/graphql?query=x")
        assert b"server" not in body
        if site[0] == "skillsbank.conf":
            assert (answer.status, "Basic" in answer.headers["WWW-Authenticate"]) == (401, True)
        else:
            assert answer.status == 302
            assert (
                answer.headers["Location"]
                == f"https://{host}/oauth2/sign_in?rd=https://{host}/graphql?query=x"
            )
            assert get(site, host, "/oauth2/sign_in")[1] == b"the provider's page"
            assert get(site, host, "/oauth2/auth")[0].status in (401, 404)


def test_each_group_gets_its_server_and_no_password_reaches_it(site):
    for group, host, server in (("analysts", ANALYSTS, "read-only"), ("engineers", ENGINEERS, "full")):
        answer, body = get(site, host, "/runs", **entry(site, group))
        told = json.loads(body)
        assert (answer.status, told["server"], told["path"], told["Host"]) == (200, server, "/runs", host)
        assert told["X-Forwarded-Proto"] == "https"
        assert not told.get("Authorization")
        for header in (
            "Strict-Transport-Security",
            "X-Content-Type-Options",
            "X-Frame-Options",
            "Referrer-Policy",
        ):
            assert answer.headers[header], header


def test_analysts_do_not_reach_the_full_ui(site):
    answer, body = get(site, ENGINEERS, **entry(site, "analysts"))
    assert answer.status in (401, 403)
    assert b"server" not in body


def test_a_websocket_is_passed_on(site):
    _, body = get(site, ENGINEERS, **entry(site, "engineers"), Upgrade="websocket", Connection="Upgrade")
    told = json.loads(body)
    assert (told["Upgrade"], told["Connection"]) == ("websocket", "upgrade")


def test_plain_http_leads_to_tls_alone(site):
    connection = HTTPConnection("127.0.0.1", site[1], timeout=20)
    connection.request("GET", "/x", headers={"Host": ENGINEERS, **entry(site, "engineers")})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{ENGINEERS}/x")
