"""A small identity provider on this machine: OpenID Connect by the code, with a signed token and a person."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "lianzheng", "between-the-two"


@dataclass
class Provider:
    """What it will say, and what was asked of it."""

    address: str = ""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "1", "preferred_username": "nobody"})
    claims: dict[str, Any] = field(default_factory=dict)
    """Claims of the token that differ from what they should be."""
    nonce: str = ""
    challenge: str = ""
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    signing: rsa.RSAPrivateKey | None = None

    def token(self) -> str:
        claims = {"iss": self.address, "aud": CLIENT, "sub": "1", "nonce": self.nonce} | self.claims
        return jwt.encode(claims, self.signing or self.key, algorithm="RS256", headers={"kid": "one"})

    def jwks(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [public | {"kid": "one", "alg": "RS256"}]}

    def exchange(self, sent: dict[str, list[str]]) -> dict[str, Any] | None:
        """The token for a code, if the one who asks is the one for whom it was made (client secret and PKCE)."""
        verifier = sent.get("code_verifier", [""])[0]
        proved = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=") == self.challenge
        known = (sent.get("client_secret"), sent.get("code")) == ([SECRET], ["a-code"])
        return {"access_token": "access", "id_token": self.token()} if proved and known else None


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _say(self, content: Any) -> None:
            body = json.dumps(content).encode()
            self.send_response(200 if content is not None else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(provider.exchange(parse_qs(sent)))

        def do_GET(self) -> None:
            self._say(provider.jwks() if self.path == "/jwks" else provider.person)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider)) as server:
        provider.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
