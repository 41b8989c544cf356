"""The envelope of a refusal before the upgrade."""

from __future__ import annotations

import json
from typing import Any

from websockets.exceptions import InvalidStatus


def error_of(refused: InvalidStatus) -> dict[str, Any]:
    """The error of a refused handshake, whose envelope must be the published one."""
    response = refused.response
    assert response.headers["Content-Type"] == "application/json"
    body = json.loads(response.body)
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "code", "param"}
    return body["error"]
