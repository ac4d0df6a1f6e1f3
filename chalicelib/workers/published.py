"""Finishes what management left undone where it was cut off: deletions, publications, indexing.

Each table that is scanned here holds only what is under way.
"""

import time
from dataclasses import dataclass

from chalicelib import aws
from chalicelib.apis import Apis
from chalicelib.apis.tables import EndedApiRow
from chalicelib.content.tables import EndedFolderRow
from chalicelib.members import spaces
from chalicelib.members.tables import EndedEnvironmentRow
from chalicelib.models import Versions
from chalicelib.models.service import finish
from chalicelib.models.tables import ReindexRow, scope
from chalicelib.resources import Resources
from chalicelib.resources.clearing import at_leisure
from chalicelib.resources.tables import RemainsRow

CUT_OFF_SECONDS = 900
"""How old a publication must be before it counts as cut off."""


@dataclass(frozen=True, slots=True)
class Published:
    """Those who know how what was begun is finished."""

    apis: Apis
    resources: Resources
    versions: Versions

    def finish_apis(self, *, dry: bool) -> int:
        """Let the connections of deleted APIs go. One that is being deleted right now is merely helped along."""
        ended = list(aws.scan(EndedApiRow))
        for row in ended if not dry else ():
            self.apis.finish(row)
        return len(ended)

    @staticmethod
    def finish_environments(*, dry: bool) -> int:
        """Let the keys and roles of deleted environments go."""
        ended = list(aws.scan(EndedEnvironmentRow))
        for row in ended if not dry else ():
            spaces.finish(row)
        return len(ended)

    def finish_resources(self, *, dry: bool) -> int:
        """Clear away what publications and deletions of resources have left, and then what folders have."""
        now = time.time()
        # Before what is left: whatever a folder left was written down before it ended.
        over = list(aws.scan(EndedFolderRow))
        rows = list(aws.scan(RemainsRow))
        cut_off = [row for row in rows if not row.begun or now - row.created >= CUT_OFF_SECONDS]
        # Index rows are known by the schema: the versions of a folder stay until nothing of it is left.
        waiting = {row.folder for row in rows}
        ended = [row for row in over if scope(row.environment, row.folder) not in waiting]
        if not dry:
            for row in cut_off:
                # One that fails must not keep the others.
                with at_leisure():
                    self.resources.finish(row)
            for folder in ended:
                finish(folder)
        return len(cut_off)

    def resend(self, lost_seconds: float, *, dry: bool) -> int:
        """Ask again for indexing whose messages are lost."""
        lost = [row for row in aws.scan(ReindexRow) if time.time() - row.created >= lost_seconds]
        for row in lost if not dry else ():
            self.versions.reindexing.send(row.folder, row.version)
        return len(lost)
