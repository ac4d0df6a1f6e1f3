"""`ls` and `status`: what the drive has, as documents and as lines."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .http import Api
from .screen import shown, size

_WIDE = 100
_KEPT = ("hash", "name", "size", "mimetype", "timestamp", "type")


def entries(api: Api, address: str | None) -> list[dict[str, Any]]:
    """All entries of the account, newest first, or of a folder, by name; as many requests as it takes."""
    params = {"arg": address} if address else {}
    found: list[dict[str, Any]] = []
    while True:
        document = api.call("ls", params).document
        found += [{name: line[name] for name in _KEPT if name in line} for line in document.get("files", ())]
        if not document.get("next"):
            return found
        params = {**params, "cursor": document["next"]}


def lines(found: Sequence[Mapping[str, Any]], columns: int | None) -> Iterator[str]:
    """A line an entry; on a narrow terminal, of so many `columns`, three."""
    for entry in found:
        name = shown(str(entry.get("name"))) + ("/" if entry.get("type") == "folder" else "")
        bytes_, when = size(int(entry.get("size", 0))), _moment(entry.get("timestamp"))
        if columns is None or columns >= _WIDE:
            yield f"{entry.get('hash')}  {bytes_:>9}  {when}  {name}"
        else:
            yield from (name, f"  {entry.get('hash')}", f"  {bytes_}, {when}")
    if not found:
        yield "nothing here"


def status_lines(status: Mapping[str, Any]) -> Iterator[str]:
    """What an account uses."""
    result = status.get("result", {})
    capacity = status.get("capacity_bytes") or int(result.get("capacity_gb", 0)) * 2**30
    until = status.get("period_end")
    facts = {
        "account": shown(str(status.get("zelid", "-"))),
        "plan": shown(str(status.get("plan_name", "-"))) + ("" if result.get("active") else " (lapsed: renew it)"),
        "used": f"{size(int(result.get('storage_used', 0)))} of {size(int(capacity))}",
        "free": size(int(result.get("remaining", 0))),
        "paid until": datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%d") if until else "-",
    }
    width = max(map(len, facts))
    yield from (f"{name:<{width}}  {value}" for name, value in facts.items())


def _moment(milliseconds: Any) -> str:
    if not isinstance(milliseconds, int | float):
        return "-"
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M")
