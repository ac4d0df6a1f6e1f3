"""Who may do what: the policy of each function. `python -m infra.rights` writes them to `.chalice/`."""

from chalicelib.apis.tables import EndedApiRow
from chalicelib.aws import Marker
from chalicelib.content.tables import EndedFolderRow
from chalicelib.drive.tables import BatchRow, EntryRow, ThumbJobRow
from chalicelib.identity.tables import AccountRow
from chalicelib.jobs.tables import ProgressRow
from chalicelib.keys.tables import Generation
from chalicelib.members.tables import EndedEnvironmentRow
from chalicelib.metadata.tables import Record, Total
from chalicelib.models.tables import ReindexRow
from chalicelib.resources.tables import RemainsRow
from chalicelib.uploads.tables import UploadRow
from infra import policies
from infra.policies import COPIES, KEY, QUARANTINE, QUEUE, READS, UPLOADS, WRITES, Statement, dynamodb, tables
from infra.template import TABLES

PURPOSE = {"StringEquals": {"kms:EncryptionContext:purpose": "fluxvault-generation"}}
SCANNED = (
    BatchRow,
    EndedApiRow,
    EndedEnvironmentRow,
    EndedFolderRow,
    EntryRow,
    ReindexRow,
    RemainsRow,
    ThumbJobRow,
    UploadRow,
)
"""Tables of what is under way alone, so that reading all of one costs little; entries, where a put was cut off."""


def of(*domains: str) -> tuple[object, ...]:
    """The tables of whole domains, as packages of `chalicelib` have them."""
    return tables(*(model for model in TABLES if model.__module__.split(".")[1] in domains))


def _rows(actions: tuple[str, ...], sid: str, reason: str, resources: tuple[object, ...]) -> Statement:
    return Statement(sid, reason, dynamodb(*actions), resources)


def _every_row() -> list[Statement]:
    every = (policies.table("*"),)
    return [
        _rows(READS, "ReadRows", "Calls lead to every domain, by keys and by orders", every),
        _rows(WRITES, "WriteRows", "One transaction writes rows of several domains", every),
    ]


def _leave_keys(*actions: str) -> Statement:
    reason = "A generation that is lost makes all under it unreadable: only an operator changes or retires one"
    return Statement("LeaveGenerations", reason, dynamodb(*actions), tables(Generation), effect="Deny")


def _leave_quarantine() -> Statement:
    reason = "What no row knows is set aside for a person, and nobody else reads or removes it"
    return Statement("LeaveQuarantine", reason, ("s3:*",), (policies.blobs(f"/{QUARANTINE}*"),), effect="Deny")


def _objects(*actions: str) -> list[Statement]:
    doing = tuple(f"s3:{action}" for action in actions)
    stored = Statement("Objects", "Ciphertext and thumbnails, each under a fresh key", doing, (policies.blobs(),))
    missing = Statement(
        "TellWhatIsMissing",
        "To one who may not list a bucket S3 says of a missing object that it is forbidden, which reads as a fault",
        ("s3:ListBucket",),
        (policies.blobs(""),),
        by_aws=True,
    )
    return [stored, _leave_quarantine(), *([missing] if "GetObject" in actions else [])]


def _generations(*more: str) -> Statement:
    doing = tuple(f"kms:{action}" for action in ("Decrypt", *more))
    return Statement("Generations", "Key generations are wrapped by the master key", doing, (KEY,), condition=PURPOSE)


def _send() -> Statement:
    return Statement("AskForWork", "Work beside requests goes through the queue", ("sqs:SendMessage",), (QUEUE,))


def _list_uploads() -> Statement:
    reason = "Which parts of an upload are in, S3 alone knows"
    return Statement("ListParts", reason, ("s3:ListBucket",), (policies.staged(None),))


def _staged(sid: str, reason: str, prefix: str, *actions: str) -> Statement:
    return Statement(sid, reason, tuple(f"s3:{action}" for action in actions), (policies.staged(prefix),))


PUBLIC = [
    *_every_row(),
    _leave_keys("DeleteItem", "UpdateItem"),
    *_objects("DeleteObject", "GetObject", "PutObject"),
    _staged("TakeParts", "Links to put parts work with the function's rights", UPLOADS, "DeleteObject", "PutObject"),
    _staged("HandOutCopies", "Links to fetch copies work with the function's rights", COPIES, "GetObject"),
    _list_uploads(),
    policies.staging_key("Decrypt", "GenerateDataKey"),
    _generations("GenerateDataKeyWithoutPlaintext"),
    _send(),
    *policies.runs("public"),
]

_METADATA = tables(Record, Total, ProgressRow)
INTERNAL = [
    _rows(READS, "ReadRecords", "Records, their totals, and how far an audit is", _METADATA),
    _rows(
        ("DeleteItem", "PutItem", "UpdateItem"),
        "WriteRecords",
        "Records, their totals, and what tells whether a transaction was applied",
        (*_METADATA, *tables(Marker)),
    ),
    _rows(("GetItem", "PutItem", "Query"), "UseGenerations", "Keys are wrapped under them", tables(Generation)),
    _generations("GenerateDataKeyWithoutPlaintext"),
    _send(),
    *policies.runs("internal"),
]

_WORKED_ON = of("blobs", "content", "drive", "metadata", "models", "resources", "uploads")
JOBS = [
    _rows(
        READS,
        "ReadRows",
        "What is asked for, and what it is about: contents, uploads, schemas",
        (*_WORKED_ON, *tables(ProgressRow)),
    ),
    _rows(
        WRITES,
        "WriteRows",
        "What came of it, with who holds how much and what is made sure of",
        (*_WORKED_ON, *tables(AccountRow, Marker, ProgressRow)),
    ),
    _rows(("GetItem",), "UseGenerations", "Keys are unwrapped under them", tables(Generation)),
    _rows(("Scan",), "CountRecords", "An audit of the totals counts every record", tables(Record)),
    *_objects("DeleteObject", "GetObject", "PutObject"),
    _staged("ReadParts", "Parts are sealed, and go", UPLOADS, "DeleteObject", "GetObject"),
    _staged(
        "MakeCopies",
        "A copy goes up as a stream, and is left whole or not at all",
        COPIES,
        "AbortMultipartUpload",
        "PutObject",
    ),
    _list_uploads(),
    policies.staging_key("Decrypt", "GenerateDataKey"),
    _generations(),
    _send(),
    Statement("GiveBack", "What failed is tried again soon", ("sqs:ChangeMessageVisibility",), (QUEUE,)),
    Statement(
        "TakeMessages",
        "Lambda fetches the messages and removes those that are done",
        ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
        (QUEUE,),
        by_aws=True,
    ),
    *policies.runs("jobs"),
]

JANITOR = [
    *_every_row(),
    _leave_keys(*WRITES),
    _rows(("Scan",), "FindWhatIsLeft", "Tables of what is under way", tables(*SCANNED)),
    *_objects("DeleteObject"),
    _staged("EndUploads", "Parts of uploads that are over", UPLOADS, "DeleteObject"),
    _list_uploads(),
    _send(),
    *policies.runs("janitor"),
]

POLICIES = {"public": PUBLIC, "internal": INTERNAL, "jobs": JOBS, "janitor": JANITOR}

if __name__ == "__main__":
    policies.write(POLICIES)
