"""Pages of lists in management."""

from typing import Generic, TypeVar

from chalicelib.web.describing import Given

T = TypeVar("T")


class Page(Given, Generic[T]):
    """Part of a list: how many there are in all, absolute links to its neighbours, and its entries."""

    count: int
    next: str | None
    previous: str | None
    results: list[T]
