"""What a newly published version leaves to be done: resources published before are indexed under the one before it.

The row that asks for it is written with the publication; what the queue loses, the janitor sends again.
"""

import time

from chalicelib import aws
from chalicelib.jobs import Jobs
from chalicelib.models.tables import ReindexRow
from chalicelib.web import observe

JOB = "reindex"


class Reindexing:
    """Asks for the work, which is that of `resources`."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    @staticmethod
    def ask(tx: aws.Transaction, folder: str, version: str) -> None:
        """Step: note that the resources of a folder are to be indexed under a version."""
        tx.put(ReindexRow(folder=folder, version=version, created=int(time.time())))

    def send(self, folder: str, version: str, after: str | None = None) -> None:
        """Put a message on the queue; what cannot be sent now, the janitor sends later. One call."""
        try:
            self._jobs.send({"job": JOB, "folder": folder, "version": version, "after": after})
        except Exception as error:
            if not aws.passes(error):
                raise
            observe.note("reindexing put off", why=type(error).__name__)

    @staticmethod
    def done(folder: str, version: str) -> None:
        """The resources of a folder are indexed under a version. One transaction."""
        try:
            with aws.transaction() as tx:
                tx.delete(ReindexRow(folder=folder), ReindexRow.version == version)
        except aws.StaleError:
            # Another version was published meanwhile, whose turn comes; or somebody else was here first.
            return
