"""What a million calls cost, from the calls to AWS that one makes and the prices of `infra/prices.json`.

Left out: what is stored, what goes out to the internet, logs, and what work beside requests costs.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MEMORY_GB = 1769 / 1024
"""Of the functions behind the API (`.chalice/config.json`)."""
_PRICES = Path(__file__).with_name("prices.json")
# A row of a transaction is written twice, once to prepare (DynamoDB, "Capacity for transactions").
_IN_TRANSACTION = 2
# One call is one of these; deleting objects costs nothing.
_ONE: dict[str, str | None] = {
    **dict.fromkeys(("GetItem", "Query", "Scan"), "row_read"),
    **dict.fromkeys(("PutItem", "UpdateItem", "DeleteItem"), "row_write"),
    **dict.fromkeys(("GetObject", "HeadObject"), "object_read"),
    **dict.fromkeys(("PutObject", "CopyObject", "ListObjectsV2"), "object_write"),
    **dict.fromkeys(("SendMessage", "SendMessageBatch"), "message"),
    **dict.fromkeys(("Decrypt", "GenerateDataKeyWithoutPlaintext"), "key_use"),
    "DeleteObjects": None,
}


def units(operation: str, params: Mapping[str, Any]) -> Counter[str]:
    """What is paid for in one call to AWS, rows of at most 1 KB read and written whole.

    Args:
        operation: Such as `TransactWriteItems`.
        params: As botocore is given them.
    """
    if operation == "TransactWriteItems":
        return Counter(row_write=_IN_TRANSACTION * len(params["TransactItems"]))
    if operation == "BatchGetItem":
        return Counter(row_read=sum(len(table["Keys"]) for table in params["RequestItems"].values()))
    if operation not in _ONE:
        raise ValueError(f"nobody has said what {operation} costs")
    unit = _ONE[operation]
    return Counter() if unit is None else Counter({unit: 1})


def per_million(used: Mapping[str, int], seconds: float) -> float:
    """Dollars for a million calls that each use so much, and take so long.

    Args:
        used: What `units` gives, of all calls to AWS of one call.
        seconds: How long the function works on it.
    """
    prices = json.loads(_PRICES.read_text())
    each: dict[str, float] = prices["per_million"]
    called = each["api_call"] + each["function_call"]
    worked = seconds * MEMORY_GB * prices["function_gb_second"] * 1_000_000
    total: float = called + worked + sum(each[unit] * count for unit, count in used.items())
    return total


def row(name: str, used: Mapping[str, int], seconds: float) -> str:
    """A line of the table in docs/deploy.md."""
    counts = [str(used.get(unit, 0) or "") for unit in ("row_read", "row_write", "object_read", "object_write")]
    return f"| {name} | {' | '.join(counts)} | {per_million(used, seconds):.2f} |"
