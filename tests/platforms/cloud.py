"""A simulated cloud in a process of its own: what is in it, and what landed."""

import base64
import csv
import json
import ssl
import subprocess
import urllib.parse
import urllib.request


class Cloud:
    """Serves until the block is left. Two of one seed hold the same DataSets, byte for byte."""

    def __init__(self, binary, rows, faults=None, tls=None):
        command = [binary, "simulate", "--rows", str(rows), "--datasets", "1"]
        command += ["--faults", faults] if faults else []
        command += ["--tls", tls] if tls else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.described = json.loads(self.process.stdout.readline())
        trust = ssl.create_default_context(cafile=tls and f"{tls}/ca.pem")
        self.opener = urllib.request.build_opener(WithoutAuthorization, urllib.request.HTTPSHandler(context=trust))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def files(self):
        """What is stored, by path."""
        with self.opener.open(self.described["control"] + "/files") as reply:
            return {file["path"]: file for file in json.load(reply)}

    def requests(self):
        with self.opener.open(self.described["control"] + "/requests") as reply:
            return json.load(reply)

    def download(self, file):
        """A stored file's bytes, by way of Graph."""
        url = f"{self.described['graph']}/drives/{file['driveId']}/items/{file['id']}/content"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token()}"})
        with self.opener.open(request) as reply:
            return reply.read()

    def exported(self, dataset):
        """A DataSet's rows, by way of Domo."""
        client = self.described["domo_client"]
        basic = base64.b64encode(f"{client['id']}:{client['secret']}".encode()).decode()
        url = f"{self.described['domo']}/oauth/token?grant_type=client_credentials"
        with self.opener.open(urllib.request.Request(url, headers={"Authorization": f"Basic {basic}"})) as reply:
            token = json.load(reply)["access_token"]
        request = urllib.request.Request(f"{self.described['domo']}/v1/datasets/{dataset}/data", headers={"Authorization": f"Bearer {token}", "Accept": "text/csv"})
        with self.opener.open(request) as reply:
            return list(csv.reader(reply.read().decode().splitlines()))

    def token(self):
        client = self.described["entra_client"]
        form = {
            "client_id": client["id"],
            "client_secret": client["secret"],
            "scope": "https://graph.microsoft.com/.default",
            "grant_type": "client_credentials",
        }
        url = f"{self.described['login']}/{self.described['tenant']}/oauth2/v2.0/token"
        with self.opener.open(url, urllib.parse.urlencode(form).encode()) as reply:
            return json.load(reply)["access_token"]


class WithoutAuthorization(urllib.request.HTTPRedirectHandler):
    """A download's URL is pre-authenticated, and refuses any other credential."""

    def redirect_request(self, request, *rest):
        redirected = super().redirect_request(request, *rest)
        redirected.headers.pop("Authorization", None)
        return redirected
