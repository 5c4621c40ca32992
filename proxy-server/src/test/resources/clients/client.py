"""Asks through the gate with the standard library, verifying as strictly as Python 3.13 does by default."""
import http.client
import json

import ssl
import sys
import urllib.request

proxy, authority, host = sys.argv[1:4]
strict = ssl.create_default_context(cafile=authority)
strict.verify_flags |= ssl.VERIFY_X509_STRICT
address, port = proxy.removeprefix("http://").rsplit(":", 1)
said = {}

opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({"https": proxy}), urllib.request.HTTPSHandler(context=strict)
)
request = urllib.request.Request(
    f"https://{host}/echo?by=urllib", data=b"from urllib", headers={"Authorization": "Bearer agents-own"}
)
said["urllib"] = opener.open(request, timeout=20).read().decode()

connection = http.client.HTTPSConnection(address, int(port), context=strict, timeout=20)
connection.set_tunnel(host, 443)
for i in range(3):
    connection.request("POST", f"/echo?by=http.client&i={i}", body=(b"x" * 1000 for _ in range(20)), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})
    said[f"http.client {i}"] = len(connection.getresponse().read())

connection.request("GET", "/sse?n=3&interval=10")
response = connection.getresponse()
events = [line for line in iter(response.readline, b"") if line.startswith(b"data:")]
said["sse"] = len(events)

try:
    opener.open(f"https://nowhere.example/", timeout=20)
except urllib.error.HTTPError as denied:
    said["denied"] = [denied.code, denied.headers["X-Egress-Deny"]]
print(json.dumps(said))
