"""The audit of the locked packages: what it says where there is an advisory, none, and nobody to ask."""

import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(params=[False, True], ids=["no advisory", "an advisory"])
def advisories(request):
    """An advisory service that knows of nothing, or of one vulnerability of requests."""
    asked = []
    known = {"id": "ZQ-2026-1", "summary": "zq", "modified": "2026-01-01T00:00:00Z", "aliases": []}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(query["package"]["name"])
            package = {"package": {"name": "requests", "ecosystem": "PyPI"}, "ranges": []}
            found = request.param and asked[-1] == "requests"
            body = json.dumps({"vulns": [{**known, "affected": [package]}]} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/v1/query", request.param, asked
    server.shutdown()


def audit(address):
    environment = os.environ | {"PIP_AUDIT_OSV_URL": address}
    return subprocess.run(
        [REPOSITORY / ".ci" / "audit"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_every_locked_package_is_asked_for_and_an_advisory_is_told(advisories):
    address, is_known, asked = advisories
    done = audit(address)
    assert done.returncode == int(is_known), done.stdout + done.stderr
    assert ("ZQ-2026-1" in done.stdout) == is_known
    assert ("no known vulnerability" in done.stdout) != is_known
    lock = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    assert "requests" in asked
    assert len(set(asked)) > 0.9 * len(set(re.findall(r"(?m)^([a-z0-9._-]+)==[^;\n]*\\$", lock)))


def test_without_a_service_it_is_skipped_and_says_so():
    done = audit("http://127.0.0.1:9/v1/query")
    assert done.returncode == 0
    assert done.stdout.startswith("Audit: skipped, no advisory service answers here")
