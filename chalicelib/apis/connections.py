"""Connections of folders to an API, and what strict folders need beside them (seed 002; spec flux-apis, B.2 and B.3).

A strict folder is reached through its ancestors, up to the first that is not strict. They are connected with it,
without any method, if they are not yet; and each counts who needs it, so that none goes before those do.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from chalicelib import aws
from chalicelib.apis.errors import ApiNotFoundError, FolderAlreadyConnectedError
from chalicelib.apis.tables import ApiRow, ConnectionRow
from chalicelib.content import FolderRow, Folders
from chalicelib.content.errors import FolderNotFoundError, StrictReferenceError
from chalicelib.members.service import listed
from chalicelib.web.management import Rows, Window

METHODS = ("get_many", "get_one")
DESCRIPTIONS = 4
"""Texts of a connection: of get one, get many, search and schema."""


class Connections:
    """The connections of any API."""

    MOST_TOGETHER: ClassVar[int] = 45
    """Connections that go in one transaction, with the counts of their folders."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    def connect(
        self, api: ApiRow, found: FolderRow, methods: Sequence[str], descriptions: Sequence[str | None]
    ) -> ConnectionRow:
        """Connect a folder, and the ancestors a strict one needs. One transaction, after one read for a strict one.

        Raises:
            ApiNotFoundError: The API is gone.
            FolderNotFoundError: The folder is gone.
            FolderAlreadyConnectedError: It is connected.
            StaleError: An ancestor was connected, or disconnected, since it was read.
        """
        required = list(found.required)
        refs = [aws.Ref(ConnectionRow, api.key, key) for key in required]
        standing = aws.batch_get(*refs) if refs else []
        row = _row(api, found, methods, descriptions)
        missing = [key for key, there in zip(required, standing, strict=True) if there is None]
        # What an ancestor needs itself stands above it in the same list.
        made = [
            row,
            *(_row(api, FolderRow(key=key, required=required[: required.index(key)]), (), ()) for key in missing),
        ]
        needed = Counter(key for one in made for key in one.required)
        with aws.transaction() as tx:
            for one in made:
                one.needed = needed[one.folder]
                tx.create(one, (lambda _old: FolderAlreadyConnectedError()) if one is row else aws.stale)
            for there in standing:
                if there is not None:
                    tx.update(_bare(there), [ConnectionRow.needed.set(ConnectionRow.needed + needed[there.folder])])
            self._folders.connect(tx, [(api.environment, one.folder) for one in made], 1)
            counted = [ApiRow.connections.set(ApiRow.connections + len(made))]
            gone = ApiNotFoundError()
            tx.update(ApiRow(environment=api.environment, key=api.key), counted, refusal=lambda _old: gone)
        return row

    @staticmethod
    def ref(api: str, folder: str) -> aws.Ref:
        """The row of a connection, to be read with others."""
        return aws.Ref(ConnectionRow, api, folder)

    @staticmethod
    def require(row: ConnectionRow | None) -> ConnectionRow:
        """A connection's row, which must be there.

        Raises:
            FolderNotFoundError: The folder is not connected, or there is none.
        """
        if row is None:
            raise FolderNotFoundError
        return row

    @staticmethod
    def listed(api: str, window: Window) -> Rows:
        """A part of the connections of an API, in the order their folders were made. One call."""
        return listed(ConnectionRow, api, window)

    @staticmethod
    def change(row: ConnectionRow, methods: Sequence[str] | None, descriptions: Sequence[str | None]) -> ConnectionRow:
        """Change a connection that was just read. One transaction.

        Raises:
            FolderNotFoundError: It is gone.
        """
        texts = [new if new is not None else old for new, old in zip(descriptions, row.descriptions, strict=True)]
        kept = list(methods) if methods is not None else list(row.methods)
        with aws.transaction() as tx:
            actions = [ConnectionRow.methods.set(kept), ConnectionRow.descriptions.set(texts)]
            tx.update(_bare(row), actions, refusal=lambda _old: FolderNotFoundError())
        row.methods, row.descriptions = kept, texts
        return row

    def disconnect(self, api: ApiRow, row: ConnectionRow) -> None:
        """Take a folder away from an API. One transaction.

        Raises:
            FolderNotFoundError: It is gone.
            StrictReferenceError: A strict folder of the API needs it.
            StaleError: The API is gone.
        """

        def refusal(old: object) -> Exception:
            return FolderNotFoundError() if old is None else StrictReferenceError()

        with aws.transaction() as tx:
            tx.delete(_bare(row), ConnectionRow.needed == 0, refusal)
            for key in row.required:
                needed = [ConnectionRow.needed.set(ConnectionRow.needed - 1)]
                tx.update(ConnectionRow(api=row.api, folder=key), needed)
            self._folders.connect(tx, [(api.environment, row.folder)], -1)
            counted = [ApiRow.connections.set(ApiRow.connections - 1)]
            tx.update(ApiRow(environment=api.environment, key=api.key), counted)

    def drop(self, environment: str, rows: Sequence[ConnectionRow]) -> None:
        """Let connections of an API that is gone go, whoever needs them. One transaction."""
        with contextlib.suppress(aws.StaleError), aws.transaction() as tx:
            for row in rows:
                tx.delete(_bare(row))
            self._folders.connect(tx, [(environment, row.folder) for row in rows], -1)


def _row(api: ApiRow, folder: FolderRow, methods: Sequence[str], descriptions: Sequence[str | None]) -> ConnectionRow:
    texts = [text or "" for text in descriptions] or [""] * DESCRIPTIONS
    return ConnectionRow(
        api=api.key,
        folder=folder.key,
        methods=list(methods),
        descriptions=texts,
        required=list(folder.required),
        created=int(time.time()),
    )


def _bare(row: ConnectionRow) -> ConnectionRow:
    return ConnectionRow(api=row.api, folder=row.folder)
