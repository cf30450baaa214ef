"""How Nova and Cinder write an error: one object, named after the kind of refusal."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.world.refusal import Refusal

_NAMES = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    406: "notAcceptable",
    409: "conflictingRequest",
    413: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def render(request: Request, error: Refusal) -> Response:
    name = _NAMES.get(error.status, "computeFault")
    return JSONResponse({name: {"code": error.status, "message": error.message}}, error.status)
