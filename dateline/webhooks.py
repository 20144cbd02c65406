"""Webhooks: signing what is sent by the Standard Webhooks specification (v1: HMAC-SHA-256), and their names; pure."""

import base64
import binascii
import hmac
from datetime import datetime
from hashlib import sha256

from scraper.logins import without_login
from scraper.urls import origin

_PREFIX = "whsec_"


def signed(name: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The three headers by which a receiver knows that a message is ours, new, and the same as one it had before.

    `secret` is any text, or "whsec_" and base64. Without a secret there is no signature.
    """
    moment = str(int(now.timestamp()))
    headers = {"webhook-id": name, "webhook-timestamp": moment}
    if not secret:
        return headers
    mac = hmac.new(_key(secret), f"{name}.{moment}.".encode() + body, sha256).digest()
    return headers | {"webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}


def shown(url: str) -> str:
    """A receiver as it may be kept and told: its host and a mark, as many webhooks bear a token in path or query."""
    return f"{origin(url)}/#{sha256(without_login(url).encode()).hexdigest()[:8]}"


def _key(secret: str) -> bytes:
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()
