"""The rows of windows: one for each client and policy, whatever the number of seconds.

A row says which second is being counted, and how many of its tokens are given away. The store's order decides: whoever
opens a second first resets the row, and all who come later count in it. Nothing else may set `taken` back, so that no
second ever gives away more than its quota.

    add  ── second = mine, and enough left ──> taken += n
    open ── no row, or an older second ──────> second = mine, taken = n
"""

from datetime import UTC, datetime, timedelta

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from chalicelib import aws
from chalicelib.limits.policy import Client, Policy

LIFE = timedelta(days=1)
"""How long the row of a client who makes no more calls is kept: any time beyond its second would do."""


class WindowRow(aws.Table):
    """The window of one client under one policy."""

    class Meta:
        table_name = "windows"

    client = UnicodeAttribute(hash_key=True)
    second = NumberAttribute()
    taken = NumberAttribute()
    expires = TTLAttribute()


def key(policy: Policy, client: Client) -> str:
    """The hash key. A policy's name and an address have no spaces, so no two clients share one."""
    return f"{policy.name} {client.zelid} {client.ip}"


def add(client: str, second: int, tokens: int, quota: int) -> aws.Nudged[WindowRow]:
    """Take tokens of a second that is open, if so many are left. One call."""
    room = (WindowRow.second == second) & (WindowRow.taken <= quota - tokens)
    return aws.nudge(WindowRow(client=client), [WindowRow.taken.set(WindowRow.taken + tokens)], room)


def begin(client: str, second: int, tokens: int, instead_of: int | None = None) -> aws.Nudged[WindowRow]:
    """Open a second and take its first tokens, if the row counts an older one or there is none. One call.

    Args:
        client: The hash key.
        second: The second to open.
        tokens: How many to take.
        instead_of: Open it if the row counts exactly this second, although that is a later one.
    """
    older = WindowRow.client.does_not_exist() | (WindowRow.second < second)
    condition = older if instead_of is None else WindowRow.second == instead_of
    expires = datetime.fromtimestamp(second, UTC) + LIFE
    actions = [WindowRow.second.set(second), WindowRow.taken.set(tokens), WindowRow.expires.set(expires)]
    return aws.nudge(WindowRow(client=client), actions, condition)
