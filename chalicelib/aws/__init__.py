"""AWS, as the domains see it: clients, one way to read and one way to write.

`clients` holds one botocore session with one DynamoDB client, shared by every model; `model` is the base of every
table; `reads` are the reads whose calls are budgeted; `transaction` is the way to write, and `nudge` the one exception.
"""

from chalicelib.aws.clients import Aws, connect, current
from chalicelib.aws.errors import OutcomeUnknownError, StoreBusyError, StoreError, passes
from chalicelib.aws.model import Table
from chalicelib.aws.nudge import Nudged, nudge
from chalicelib.aws.reads import Page, Ref, Stretch, batch_get, between, get, page, position_after, scan, scan_page
from chalicelib.aws.transaction import Marker, Refusal, StaleError, Transaction, retry_stale, stale, transaction

__all__ = [
    "Aws",
    "Marker",
    "Nudged",
    "OutcomeUnknownError",
    "Page",
    "Ref",
    "Refusal",
    "StaleError",
    "StoreBusyError",
    "StoreError",
    "Stretch",
    "Table",
    "Transaction",
    "batch_get",
    "between",
    "connect",
    "current",
    "get",
    "nudge",
    "page",
    "passes",
    "position_after",
    "retry_stale",
    "scan",
    "scan_page",
    "stale",
    "transaction",
]
