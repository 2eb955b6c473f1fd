"""The shipped nginx configuration, at free ports, before two real Dagster web servers."""

import base64
import getpass
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tf_assets.warehouse.project import project_root

SITE = "dagster.example.org"
PATIENCE_SECONDS = 300
"""So long a web server may take to start on a busy machine."""

ACCOUNTS = {"viewers": ("vera", "seen-not-touched"), "engineers": ("emil", "may-launch-runs")}

NGINX = """{user}
pid nginx.pid;
error_log logs/start.log;
events {{ }}
http {{
    client_body_temp_path temporary/body;
    proxy_temp_path temporary/proxy;
    fastcgi_temp_path temporary/fastcgi;
    uwsgi_temp_path temporary/uwsgi;
    scgi_temp_path temporary/scgi;
    include dagster-ui/site.conf;
}}
"""
"""What Debian's nginx.conf does, for a folder of the test's."""

WORK = """import dagster as dg

@dg.op
def work(): ...

@dg.job
def nothing():
    work()

defs = dg.Definitions(jobs=[nothing])
"""


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True)
class Proxy:
    """nginx at work: its folder, the port of each server, the processes of the web servers behind it."""

    folder: Path
    ports: dict[str, int]
    web_servers: dict[str, int]

    @property
    def tls(self) -> ssl.SSLContext:
        """Trust in the certificate of the test."""
        return ssl.create_default_context(cafile=str(self.folder / "dagster-ui/tls/certificate.pem"))

    def host(self, server: str) -> str:
        """The authority by which a browser would call a server."""
        return f"{SITE}:{self.ports[server]}"

    def account(self, whose: str) -> dict[str, str]:
        """The header that a browser sends for an account."""
        return {"Authorization": "Basic " + base64.b64encode(":".join(ACCOUNTS[whose]).encode()).decode()}

    def ask(
        self, server: str, method: str, path: str, headers: dict[str, str] | None = None, body: object = None
    ) -> Answer:
        """One request; a body is JSON."""
        sent = {"Host": self.host(server), **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection = http.client.HTTPSConnection("127.0.0.1", self.ports[server], context=self.tls, timeout=60)
        with connection_closed(connection):
            connection.request(method, path, body=None if body is None else json.dumps(body), headers=sent)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, text)

    def graphql(self, server: str, whose: str, query: str, variables: object = None) -> dict[str, object]:
        """A query as the UI asks it, with its own origin."""
        headers = {**self.account(whose), "Origin": f"https://{self.host(server)}"}
        answer = self.ask(server, "POST", "/graphql", headers, {"query": query, "variables": variables})
        assert answer.status == 200, answer
        return dict(json.loads(answer.body)["data"])


@contextmanager
def connection_closed(connection: http.client.HTTPConnection) -> Iterator[None]:
    try:
        yield
    finally:
        connection.close()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, log: Path, environment: dict[str, str] | None = None) -> Iterator[int]:
    """A process that listens at a port of this machine, until the block ends; its id."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"{command[0]} does not listen ({process.returncode}): {log.read_text()[-2000:]}")
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("nginx and openssl are not both installed (Debian: apt-get install nginx openssl)")
    folder = tmp_path_factory.mktemp("nginx")
    ports = {name: free_port() for name in ("plain", "viewers", "engineers", "behind viewers", "behind engineers")}
    write_configuration(folder, ports, openssl)
    dagster_home = folder / "dagster"
    dagster_home.mkdir()
    (dagster_home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    (folder / "work.py").write_text(WORK)
    variables = {**os.environ, "DAGSTER_HOME": str(dagster_home)}
    web_server = [str(Path(sys.executable).parent / "dagster-webserver"), "-f", str(folder / "work.py")]
    with ExitStack() as started:
        processes = {}
        for whose, options in (("engineers", []), ("viewers", ["--read-only"])):
            port = ports[f"behind {whose}"]
            command = [*web_server, "-h", "127.0.0.1", "-p", str(port), *options]
            processes[whose] = started.enter_context(running(command, port, folder / f"{whose}.log", variables))
        command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-g", "daemon off;"]
        started.enter_context(running(command, ports["viewers"], folder / "nginx.log"))
        yield Proxy(folder, ports, processes)


def write_configuration(folder: Path, ports: dict[str, int], openssl: str) -> None:
    """The shipped files as they are, but for the ports, the folder of logs, and for listening to this machine alone."""
    shutil.copytree(project_root() / "deploy/nginx/dagster-ui", folder / "dagster-ui")
    site = folder / "dagster-ui/site.conf"
    text = site.read_text()
    for shipped, replaced in {
        "listen 80;": f"listen 127.0.0.1:{ports['plain']};",
        "listen 443 ssl": f"listen 127.0.0.1:{ports['viewers']} ssl",
        "listen 8443 ssl": f"listen 127.0.0.1:{ports['engineers']} ssl",
        "127.0.0.1:3001": f"127.0.0.1:{ports['behind viewers']}",
        "127.0.0.1:3000": f"127.0.0.1:{ports['behind engineers']}",
    }.items():
        text, n = re.subn(re.escape(shipped), replaced, text)
        assert n == 1, shipped
    site.write_text(text)
    server = folder / "dagster-ui/server.conf"
    text, n = re.subn("/var/log/nginx/", "logs/", server.read_text())
    assert n == 2
    server.write_text(text)
    for name in ("logs", "temporary", "dagster-ui/tls", "dagster-ui/accounts"):
        (folder / name).mkdir()
    is_root = os.geteuid() == 0
    (folder / "nginx.conf").write_text(NGINX.format(user=f"user {getpass.getuser()};" if is_root else ""))
    certificate = ["-subj", f"/CN={SITE}", "-addext", f"subjectAltName=DNS:{SITE},IP:127.0.0.1"]
    where = ["-keyout", str(folder / "dagster-ui/tls/key.pem"), "-out", str(folder / "dagster-ui/tls/certificate.pem")]
    make = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *certificate, *where]
    subprocess.run(make, check=True, capture_output=True)
    for whose, (name, password) in ACCOUNTS.items():
        hashed = subprocess.run(
            [openssl, "passwd", "-6", "-stdin"], input=password, check=True, capture_output=True, text=True
        )
        (folder / "dagster-ui/accounts" / whose).write_text(f"{name}:{hashed.stdout}")
