"""Which route a path takes, by API Gateway's rules for REST APIs."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

_PARAMETER = re.compile(r"\{([A-Za-z0-9._-]+)(\+?)\}")


@dataclass(frozen=True, slots=True)
class Match:
    """A route, as it was registered, and the percent-decoded path parameters by name."""

    route: str
    params: dict[str, str]


@dataclass(slots=True)
class _Node:
    fixed: dict[str, "_Node"] = field(default_factory=dict)
    any_one: "_Node | None" = None
    end: str | None = None
    greedy_end: str | None = None


class RouteMatcher:
    """Finds the most specific of a set of routes.

    At every segment a static one beats `{name}`, which beats a greedy `{name+}`; a choice that leads nowhere is taken
    back. `{name}` takes one segment that is not empty, `{name+}` all that follows if it is not empty. One trailing
    slash is ignored; further slashes make empty segments. Segments are compared decoded, but an encoded slash does not
    separate.
    """

    def __init__(self, routes: Iterable[str]) -> None:
        """Take routes such as `/`, `/a/{name}` and `/a/{rest+}`.

        Raises:
            ValueError: A route is malformed, or takes exactly the paths of another.
        """
        self._root = _Node()
        for route in routes:
            self._add(route)

    def match(self, path: str) -> Match | None:
        """The route for a path as it stands on the wire, percent-encoded and without query; None if there is none."""
        if not path.startswith("/"):
            return None
        raw = _segments(path)
        route = _find(self._root, raw, [unquote(segment) for segment in raw])
        return None if route is None else Match(route, _params(route, raw))

    def _add(self, route: str) -> None:
        if not route.startswith("/") or (route != "/" and route.endswith("/")):
            raise ValueError(f"{route!r} must begin with a slash and not end with one")
        node = self._root
        parts = _segments(route)
        for place, part in enumerate(parts):
            parameter = _PARAMETER.fullmatch(part)
            if parameter is None:
                if "{" in part or "}" in part:
                    raise ValueError(f"{route!r}: a parameter is a whole segment")
                node = node.fixed.setdefault(part, _Node())
            elif not parameter[2]:
                node.any_one = node.any_one or _Node()
                node = node.any_one
            elif place + 1 < len(parts):
                raise ValueError(f"{route!r}: a greedy parameter comes last")
            else:
                _claim(node.greedy_end, route)
                node.greedy_end = route
                return
        _claim(node.end, route)
        node.end = route


def _claim(taken_by: str | None, route: str) -> None:
    if taken_by is not None:
        raise ValueError(f"{route!r} and {taken_by!r} take the same paths")


def _segments(path: str) -> list[str]:
    inner = path[1:].removesuffix("/")
    return inner.split("/") if inner else []


def _find(node: _Node, raw: list[str], decoded: list[str], place: int = 0) -> str | None:
    # As deep as the longest route at most, whatever the path.
    if place == len(raw):
        return node.end
    found = None
    if decoded[place] in node.fixed:
        found = _find(node.fixed[decoded[place]], raw, decoded, place + 1)
    if found is None and node.any_one is not None and raw[place]:
        found = _find(node.any_one, raw, decoded, place + 1)
    if found is None and raw[place:] != [""]:
        found = node.greedy_end
    return found


def _params(route: str, raw: list[str]) -> dict[str, str]:
    params = {}
    for place, part in enumerate(_segments(route)):
        parameter = _PARAMETER.fullmatch(part)
        if parameter is not None:
            params[parameter[1]] = unquote("/".join(raw[place:]) if parameter[2] else raw[place])
    return params
