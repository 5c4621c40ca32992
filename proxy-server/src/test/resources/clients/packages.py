"""Asks through the gate with requests and httpx, over HTTP/1.1 and HTTP/2."""
import json
import ssl
import sys

import httpx
import requests

proxy, authority, host = sys.argv[1:4]
said = {}
answer = requests.post(
    f"https://{host}/echo?by=requests", data=b"from requests", proxies={"https": proxy}, verify=authority, timeout=20
)
said["requests"] = answer.text
context = ssl.create_default_context(cafile=authority)
context.verify_flags |= ssl.VERIFY_X509_STRICT
for http2 in (False, True):
    with httpx.Client(proxy=proxy, verify=context, http2=http2, timeout=20) as client:
        answer = client.post(f"https://{host}/echo?by=httpx", content=b"from httpx")
        said[answer.http_version] = answer.text
        with client.stream("GET", f"https://{host}/sse?n=3&interval=10") as events:
            said[answer.http_version + " events"] = sum(line.startswith("data:") for line in events.iter_lines())
print(json.dumps(said))
