"""`keys` for people: what there is, and what was made, as lines."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from .screen import shown

_WIDE: Final = 120


def lines(keys: Sequence[Mapping[str, Any]], columns: int | None) -> Iterator[str]:
    """A line a key; on a narrow terminal, of so many `columns`, four."""
    for key in keys:
        used, until = f"used {_moment(key.get('last_used'))}", f"until {_moment(key.get('expires'), 'revoked')}"
        name, key_id, may = shown(str(key.get("name"))), shown(str(key.get("id"))), scopes(key)
        if columns is None or columns >= _WIDE:
            yield f"{key_id}  {may:<22}  {used:<21}  {until:<22}  {name}"
        else:
            yield from (name, f"  {key_id}", f"  {may}", f"  {used}, {until}")
    if not keys:
        yield "no keys"


def facts(document: Mapping[str, Any]) -> Iterator[str]:
    """What came of making a key, a line for each thing there is to say."""
    key = document["key"]
    said = {
        "id": key.get("id"),
        "account": document.get("zelid") or "-",
        "name": key.get("name"),
        "scopes": scopes(key),
        "until": _moment(key.get("expires"), "revoked"),
        "secret": key.get("secret"),
        "saved": document.get("saved"),
    }
    yield from (f"{name:<7}  {shown(str(value))}" for name, value in said.items() if value is not None)


def scopes(key: Mapping[str, Any]) -> str:
    """What a key may do."""
    found = key.get("scopes")
    return shown(",".join(map(str, found))) if isinstance(found, list) else "-"


def _moment(text: Any, none: str = "never") -> str:
    if text is None:
        return none
    try:
        return datetime.fromisoformat(str(text)).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError):
        return shown(str(text))
