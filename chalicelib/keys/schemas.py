"""Shapes of the key service's requests (spec metadata-service, Endpoints)."""

from typing import Any

from pydantic import Field

from chalicelib.keys.service import Op
from chalicelib.web.errors import Refusal
from chalicelib.web.parsing import Shape

MOST_ITEMS = 100

RESULT = {"wrap": "dekEnc", "unwrap": "dek", "rewrap": "dekEnc"}
"""What the answer to each operation is called."""


# A value that is missing or no string is `invalid_dek` or `invalid_enc_dek`, not `invalid_request`: the service judges.
class DekBody(Shape):
    """`POST /api/v1/dek/wrap`."""

    dek: Any = None


class DekEncBody(Shape):
    """`POST /api/v1/dek/unwrap` and `/rewrap`."""

    dekEnc: Any = None  # noqa: N815 - the name on the wire


class BatchBody(Shape):
    """`POST /api/v1/dek/batch`."""

    op: Op
    items: list[Any] = Field(min_length=1, max_length=MOST_ITEMS)


def result(op: Op, outcome: str | Refusal) -> dict[str, str]:
    """One result of a batch: a value, or the code of its error."""
    return {"error": outcome.code} if isinstance(outcome, Refusal) else {RESULT[op]: outcome}
