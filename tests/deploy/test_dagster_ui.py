"""Dagster's UI is behind TLS and accounts: viewers look, engineers act, nobody else gets anything."""

import http.client
import json
import ssl

import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.deploy.conftest import ACCOUNTS, SITE, Proxy, connection_closed

pytestmark = pytest.mark.xdist_group("dagster_ui")

BOTH = ("viewers", "engineers")
JOBS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { jobs { name } } } } }"
LAUNCH = """mutation Launch($run: ExecutionParams!) {
  launchPipelineExecution(executionParams: $run) { __typename ... on LaunchRunSuccess { run { runId } } }
}"""
RUN = {
    "selector": {
        "repositoryLocationName": "work.py",
        "repositoryName": "__repository__",
        "pipelineName": "nothing",
    },
    "mode": "default",
}
RUNS = "{ runsOrError { ... on Runs { results { runId } } } }"
SECRET = "Zqjanqx-in-a-query"


@pytest.mark.parametrize("server", BOTH)
@pytest.mark.parametrize("path", ["/", "/assets", "/server_info", "/_next/static/", "/favicon.png"])
def test_without_an_account_nothing_is_answered(proxy: Proxy, server: str, path: str) -> None:
    answer = proxy.ask(server, "GET", path)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, f'Basic realm="Evaluation: {server}"')
    assert "dagster" not in answer.body.lower()


@pytest.mark.parametrize("server", BOTH)
def test_without_an_account_graphql_is_not_answered(proxy: Proxy, server: str) -> None:
    origin = {"Origin": f"https://{proxy.host(server)}"}
    assert proxy.ask(server, "POST", "/graphql", origin, {"query": JOBS}).status == 401
    with pytest.raises(InvalidStatus) as refused, live_updates(proxy, server, {}):
        pass
    assert refused.value.response.status_code == 401


@pytest.mark.parametrize("server", BOTH)
def test_with_an_account_of_the_server_the_ui_answers(proxy: Proxy, server: str) -> None:
    page = proxy.ask(server, "GET", "/", proxy.account(server))
    assert (page.status, "<title" in page.body and "Dagster" in page.body) == (200, True)
    (repository,) = proxy.graphql(server, server, JOBS)["repositoriesOrError"]["nodes"]  # type: ignore[index]
    assert {"name": "nothing"} in repository["jobs"]


def test_an_account_of_viewers_does_not_open_the_engineers_server(proxy: Proxy) -> None:
    assert proxy.ask("engineers", "GET", "/", proxy.account("viewers")).status == 401
    assert proxy.ask("viewers", "GET", "/", proxy.account("engineers")).status == 401


def test_a_viewer_launches_no_run_and_an_engineer_does(proxy: Proxy) -> None:
    def runs() -> int:
        return len(proxy.graphql("viewers", "viewers", RUNS)["runsOrError"]["results"])  # type: ignore[index]

    before = runs()
    refused = proxy.graphql("viewers", "viewers", LAUNCH, {"run": RUN})
    assert refused["launchPipelineExecution"] == {"__typename": "UnauthorizedError"}
    assert runs() == before
    launched = proxy.graphql("engineers", "engineers", LAUNCH, {"run": RUN})
    assert launched["launchPipelineExecution"]["__typename"] == "LaunchRunSuccess"  # type: ignore[index]
    assert runs() == before + 1


@pytest.mark.parametrize("server", BOTH)
def test_live_updates_pass(proxy: Proxy, server: str) -> None:
    with live_updates(proxy, server, proxy.account(server)) as socket:
        socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(socket.recv(timeout=60)) == {"type": "connection_ack"}


def live_updates(proxy: Proxy, server: str, headers: dict[str, str], origin: str | None = None) -> ClientConnection:
    return connect(
        f"wss://127.0.0.1:{proxy.ports[server]}/graphql",
        ssl=proxy.tls,
        origin=Origin(origin or f"https://127.0.0.1:{proxy.ports[server]}"),
        subprotocols=[Subprotocol("graphql-ws")],
        additional_headers=headers,
    )


@pytest.mark.parametrize("server", BOTH)
def test_a_page_of_another_origin_asks_nothing_in_a_users_name(proxy: Proxy, server: str) -> None:
    other = next(name for name in BOTH if name != server)
    for origin in ("https://evil.example", f"http://{proxy.host(server)}", f"https://{proxy.host(other)}", "null"):
        headers = {**proxy.account(server), "Origin": origin}
        assert proxy.ask(server, "POST", "/graphql", headers, {"query": JOBS}).status == 403
        with (
            pytest.raises(InvalidStatus) as refused,
            live_updates(proxy, server, proxy.account(server), origin=origin),
        ):
            pass
        assert refused.value.response.status_code == 403
    # an image or a link sends no origin, but can only GET
    asked = proxy.ask(server, "GET", "/graphql?query=%7Bversion%7D", proxy.account(server))
    assert asked.status == 405


@pytest.mark.parametrize("server", BOTH)
def test_nothing_is_reported_nor_downloaded_past_graphql(proxy: Proxy, server: str) -> None:
    account = proxy.account(server)
    assert proxy.ask(server, "POST", "/report_asset_materialization/people", account, {}).status == 404
    assert proxy.ask(server, "POST", "/assets", account, {}).status == 403
    for path in ("/download_debug/x", "/notebook?path=/x.ipynb", "/dagit/notebook?path=/x.ipynb", "/logs/a/b.err"):
        assert proxy.ask(server, "GET", path, account).status == 404


@pytest.mark.parametrize("server", BOTH)
def test_no_folder_is_listed(proxy: Proxy, server: str) -> None:
    for path in ("/_next/", "/_next/static/", "/vendor/", "/dagster-ui/", "/../dagster-ui/accounts/viewers"):
        answer = proxy.ask(server, "GET", path, proxy.account(server))
        assert "Index of" not in answer.body and ".js</a>" not in answer.body and "$6$" not in answer.body


@pytest.mark.parametrize("server", BOTH)
@pytest.mark.parametrize("headers", ["without an account", "with an account"])
def test_answers_carry_security_headers_once(proxy: Proxy, server: str, headers: str) -> None:
    answer = proxy.ask(server, "GET", "/", proxy.account(server) if headers == "with an account" else {})
    expected = {
        "strict-transport-security": "max-age=31536000",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "server": "nginx",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected
    if headers == "with an account":
        assert "content-security-policy" in answer.headers


def test_plain_http_is_redirected_or_refused(proxy: Proxy) -> None:
    for server, status in (("plain", 301), ("viewers", 400), ("engineers", 400)):
        connection = http.client.HTTPConnection("127.0.0.1", proxy.ports[server], timeout=60)
        with connection_closed(connection):
            connection.request("GET", f"/assets?{SECRET}", headers=proxy.account("viewers"))
            response = connection.getresponse()
            assert response.status == status
            assert status != 301 or response.getheader("Location") == f"https://{SITE}/"


def test_old_tls_is_refused(proxy: Proxy) -> None:
    old = proxy.tls
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    connection = http.client.HTTPSConnection("127.0.0.1", proxy.ports["viewers"], context=old, timeout=60)
    with connection_closed(connection), pytest.raises(ssl.SSLError):
        connection.request("GET", "/")


def test_the_web_servers_listen_to_this_machine_alone(proxy: Proxy) -> None:
    for whose, pid in proxy.web_servers.items():
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        listening = [
            each.laddr
            for process in family
            for each in process.net_connections("inet")
            if each.status == psutil.CONN_LISTEN
        ]
        assert proxy.ports[f"behind {whose}"] in [address.port for address in listening]
        assert {address.ip for address in listening} == {"127.0.0.1"}


def test_logs_name_who_and_what_but_no_query_and_no_password(proxy: Proxy) -> None:
    for server in BOTH:
        account = proxy.account(server)
        proxy.ask(server, "GET", f"/assets?asset={SECRET}", {**account, "Referer": f"https://{SITE}/?q={SECRET}"})
        wrong = {"Authorization": "Basic " + "bm9ib2R5OndGFuZA=="}
        proxy.ask(server, "GET", f"/runs?id={SECRET}", wrong)
        proxy.ask(server, "POST", f"/assets?id={SECRET}", account, {})
    logs = {path.name: path.read_text() for path in (proxy.folder / "logs").iterdir()}
    assert (
        f" {proxy.ports['viewers']} 127.0.0.1 {ACCOUNTS['viewers'][0]} GET /assets 200 "
        in logs["dagster-ui.access.log"]
    )
    assert " GET /runs 401 " in logs["dagster-ui.access.log"]
    written = "".join(logs.values()) + (proxy.folder / "nginx.log").read_text()
    assert SECRET not in written
    assert not any(password in written for _, password in ACCOUNTS.values())
