"""What people write themselves: a DataSet exported with pydomo, uploaded with Office365-REST-Python-Client.

    python writeback.py PLACE.json NAME PATH

It streams in both directions and is as fast as the libraries allow:
- pydomo's own `data_export_to_file` writes 1,024 bytes at a time, so its transport is asked for the same reply, which is read
  by the megabyte.
- `resumable_upload` sends 2 MB at a time unless told otherwise; it is told 50 MiB, near what an upload URL takes at most.

Three things are there for the simulated cloud alone, and cost nothing: pydomo is told to do without TLS where there is none, the
table of Graph's addresses gets one more, and the token of Entra ID is asked for by hand, because MSAL knows Microsoft's hosts alone.
"""

import json
import os
import sys

with open(sys.argv[1]) as file:
    place = json.load(file)
if place["ca"]:
    os.environ["REQUESTS_CA_BUNDLE"] = place["ca"]

import requests
from office365 import azure_env
from office365.graph_client import GraphClient
from pydomo import Domo

READ = 1024 * 1024
FRAGMENT = 50 * 1024 * 1024
# Up to here the library sends a file in one request.
SIMPLE = 4 * 1024 * 1024


def export(path):
    scheme, host = place["domo"].split("://")
    domo = Domo(*place["domo_client"], api_host=host, use_https=scheme == "https")
    reply = domo.transport.get_csv(f"/v1/datasets/{place['dataset']}/data", {"includeHeader": "true"})
    reply.raise_for_status()
    with open(path, "wb") as file:
        for chunk in reply.iter_content(READ):
            file.write(chunk)


def sign_in():
    client, secret = place["entra_client"]
    form = {
        "grant_type": "client_credentials",
        "client_id": client,
        "client_secret": secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    reply = requests.post(f"{place['login']}/{place['tenant']}/oauth2/v2.0/token", data=form)
    reply.raise_for_status()
    return reply.json()


def upload(path):
    azure_env._ENDPOINTS[azure_env.AzureEnvironment.Global]["graph"] = place["graph"].removesuffix("/v1.0")
    token = sign_in()
    folder = GraphClient(token_callback=lambda: token).drives[place["drive"]].root
    if os.path.getsize(path) < SIMPLE:
        folder.upload_file(path).execute_query()
    else:
        folder.resumable_upload(path, chunk_size=FRAGMENT).execute_query()


def main():
    _, _, name, path = sys.argv
    assert os.path.basename(path) == name
    export(path)
    upload(path)
    os.remove(path)


main()
