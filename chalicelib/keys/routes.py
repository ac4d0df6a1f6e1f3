"""Routes of the key service: parse, one call, answer. They share the metadata service's base path and envelope."""

from chalicelib.keys import schemas
from chalicelib.keys.service import Keys, Op
from chalicelib.web.errors import Refusal
from chalicelib.web.http import Call, Reply, as_json
from chalicelib.web.parsing import json_body
from chalicelib.web.routing import Route


def routes(keys: Keys) -> list[Route]:
    """The routes, over one service. A single call is a batch of one."""

    def single(op: Op, item: object) -> Reply:
        (outcome,) = keys.batch(op, [item])
        if isinstance(outcome, Refusal):
            raise outcome
        return as_json(schemas.result(op, outcome))

    def wrap(call: Call) -> Reply:
        return single("wrap", json_body(call, schemas.DekBody).dek)

    def unwrap(call: Call) -> Reply:
        return single("unwrap", json_body(call, schemas.DekEncBody).dekEnc)

    def rewrap(call: Call) -> Reply:
        return single("rewrap", json_body(call, schemas.DekEncBody).dekEnc)

    def batch(call: Call) -> Reply:
        asked = json_body(call, schemas.BatchBody)
        outcomes = keys.batch(asked.op, asked.items)
        return as_json({"results": [schemas.result(asked.op, outcome) for outcome in outcomes]})

    return [
        Route("POST", "/api/v1/dek/wrap", wrap),
        Route("POST", "/api/v1/dek/unwrap", unwrap),
        Route("POST", "/api/v1/dek/rewrap", rewrap),
        Route("POST", "/api/v1/dek/batch", batch),
    ]
