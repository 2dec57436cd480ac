"""The jobs that every platform runs, and the cloud that each meets."""

from dataclasses import dataclass

FRAGMENT = 320 * 1024
SESSION = f"[upload]\nsimple_limit = 0\nfragment = {FRAGMENT}\nfragment_max = {FRAGMENT}\n"

# An export that breaks off, a fragment that is throttled, one whose connection breaks, and a request whose reply is lost.
ROUGH = """
[[fault]]
path = "/data?"
action = { truncate-body = { after = 100000, end = "reset" } }
[[fault]]
service = "upload"
method = "PUT"
nth = 2
action = { status = { status = 429, headers = { retry-after = "1" }, body = { error = { code = "tooManyRequests" } } } }
[[fault]]
service = "upload"
method = "PUT"
nth = 4
action = { cut-request = { after = 1000 } }
[[fault]]
service = "graph"
method = "GET"
path = "/drives"
action = "lost-reply"
"""

# The third fragment gets no answer.
STALL = """
[[fault]]
service = "upload"
method = "PUT"
nth = 3
action = "stall"
"""


@dataclass(frozen=True)
class Case:
    name: str
    rows: int = 1000
    attempts: int = 5
    # Added to the job.
    job: str = ""
    filename: str = "sales.csv"
    if_exists: str = "replace"
    site: str = "https://contoso.sharepoint.com/sites/Finance"
    dataset: str | None = None
    faults: str | None = None
    # Whether the job runs twice.
    twice: bool = False
    # Whether the first of two runs is killed while its third fragment is under way, so that the second goes on there.
    killed: bool = False
    # Whether the cloud speaks TLS, with an authority of its own.
    tls: bool = False
    # What is taken out of the configuration.
    without: str | None = None
    # Whether the failure's words are the host's own, and not the connector's.
    words_of_host: bool = False


CASES = [
    Case("small"),
    Case("session", rows=16_000, job=SESSION),
    Case("rename", if_exists="rename", twice=True),
    Case("replace", twice=True),
    Case("rough", rows=16_000, job=SESSION, faults=ROUGH),
    Case("killed", rows=16_000, job=SESSION, faults=STALL, twice=True, killed=True),
    Case("tls", rows=16_000, job=SESSION, tls=True),
    Case("stranger", attempts=1, tls=True, without="ca_file", words_of_host=True),
    Case("no-dataset", dataset="99999999-9673-42db-915b-fb817413a12d"),
    Case("no-site", site="https://contoso.sharepoint.com/sites/Nowhere"),
    Case("foreign-host", rows=16_000, job=SESSION, without="hosts", words_of_host=True),
    Case("wrong-secret", without="secret", words_of_host=True),
]


def job_of(case, described):
    dataset = case.dataset or described["datasets"][0]["id"]
    return (
        f'name = "{case.name}"\n[domo]\naccount = "domo"\ndataset = "{dataset}"\n'
        f'[retry]\nattempts = {case.attempts}\n[sharepoint]\naccount = "sharepoint"\nsite = "{case.site}"\nfolder = "Reports/Daily"\n'
        f'filename = {{ custom = "{case.filename}" }}\nif_exists = "{case.if_exists}"\n{case.job}'
    )


def config_of(case, described, tls):
    """The configuration, with its secrets in the environment: not every platform has files."""
    ca_file = f'ca_file = "{tls}/ca.pem"\n' if case.tls and case.without != "ca_file" else ""
    login, graph, upload, domo = (described[name] for name in ("login", "graph", "upload", "domo"))
    addresses = ", ".join(f'"{url.split("//")[1].split("/")[0]}"' for url in (domo, login, graph, upload))
    hosts = "" if case.without == "hosts" else f'hosts = ["contoso.sharepoint.com", "{upload}"]\n'
    return (
        f'[accounts.domo]\nkind = "domo"\nclient_id = "{described["domo_client"]["id"]}"\n'
        f'client_secret = {{ env = "DOMO_CLIENT_SECRET" }}\nendpoints = {{ api = "{domo}" }}\n'
        f'[accounts.sharepoint]\nkind = "entra"\ntenant = "{described["tenant"]}"\nclient_id = "{described["entra_client"]["id"]}"\n'
        f'client_secret = {{ env = "SHAREPOINT_CLIENT_SECRET" }}\n{hosts}'
        f'endpoints = {{ login = "{login}", graph = "{graph}" }}\n[egress]\nallow_addresses = [{addresses}]\n{ca_file}'
    )


def secrets_of(case, described):
    domo = "wrong" if case.without == "secret" else described["domo_client"]["secret"]
    return {"DOMO_CLIENT_SECRET": domo, "SHAREPOINT_CLIENT_SECRET": described["entra_client"]["secret"]}
