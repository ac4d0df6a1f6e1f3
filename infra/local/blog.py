"""A small blog in the demo environment: a folder of articles with pictures from the drive, and an API that shows it.

Every step looks first whether it was made: an interrupted start is gone on with by the next.
"""

import io
from typing import NamedTuple

from PIL import Image

from chalicelib import aws
from chalicelib.apis.connections import DESCRIPTIONS
from chalicelib.apis.service import Facts
from chalicelib.apis.tables import ApiRow, PrefixRow
from chalicelib.composition import Services
from chalicelib.content import FolderRow
from chalicelib.content.errors import FolderNotFoundError
from chalicelib.content.service import NewFolder
from chalicelib.drive.putting import Incoming
from chalicelib.identity import Credential
from chalicelib.identity.tables import AccountRow
from chalicelib.members import EnvironmentRow, Member
from chalicelib.members.permissions import EVERYTHING
from chalicelib.models import trees
from chalicelib.models.fields import Field
from chalicelib.resources.publishing import Standing
from chalicelib.resources.service import NewResource
from chalicelib.resources.tables import DocumentRow, ResourceRow, RevisionRow

PREFIX = "demo"
"""Of the API that publishes the blog."""
_ALIAS = "blog"
_FIELDS = (
    Field(key="title", name="Title", type="string", required=True, searchable=True),
    Field(key="body", name="Text", type="text", searchable=True),
    Field(key="written", name="Written on", type="date", searchable=True),
    Field(key="tags", name="Tags", type="string", multiple=True, searchable=True),
    Field(key="picture", name="Picture", type="file"),
    Field(key="notes", name="Notes of the editors", type="text", private=True),
)


class _Article(NamedTuple):
    id: str
    title: str
    body: str
    written: str
    tags: list[str]
    colours: tuple[tuple[int, int, int], tuple[int, int, int]]


_ARTICLES = (
    _Article(
        "hello",
        "Hello",
        "This article, and its picture, lie encrypted on the drive. You read them since somebody published them.",
        "2026-01-05",
        ["news"],
        ((250, 210, 120), (220, 90, 90)),
    ),
    _Article(
        "addresses",
        "Addresses that stay",
        "The hash of a picture is its IPFS address, on this drive and anywhere else.",
        "2026-02-10",
        ["how it works"],
        ((130, 200, 250), (60, 90, 170)),
    ),
    _Article(
        "books",
        "Books that balance",
        "Remove a picture from the drive: what was published keeps it, and the quota still adds up.",
        "2026-03-15",
        ["how it works", "operations"],
        ((170, 230, 160), (40, 120, 90)),
    ),
)


def publish(system: Services, credential: Credential, environment: str) -> None:
    """Make the blog, as far as it is not there yet."""
    named = aws.get(PrefixRow, environment, PREFIX)
    api = aws.get(ApiRow, environment, named.key) if named is not None else None
    if api is not None and api.connections:
        return
    member = _member(environment)
    folder = _folder(system, member)
    for article in _ARTICLES:
        _write(system, member, folder, credential, article)
    facts = Facts(name="Demo blog", prefix=PREFIX, origins=["*"])
    api = api if api is not None else system.publishing.apis.create(member, facts)
    system.publishing.connections.connect(api, folder, ["get_many", "get_one"], [None] * DESCRIPTIONS)


def _member(environment: str) -> Member:
    space = aws.get(EnvironmentRow, environment)
    account = aws.get(AccountRow, space.account) if space is not None else None
    if space is None or account is None:
        raise RuntimeError("the demo environment is gone")
    return Member(space, account, EVERYTHING)


def _folder(system: Services, member: Member) -> FolderRow:
    """The folder, with a published schema."""
    folders, versions = system.publishing.folders, system.publishing.versions
    environment = member.environment.key
    try:
        folder = folders.by_path(environment, _ALIAS)
    except FolderNotFoundError:
        folder = folders.create(member, NewFolder("Blog", _ALIAS))
    if folder.published is None:
        version = versions.create(folder, "First", "What an article has")

        def fields(given: list[Field]) -> list[Field]:
            for one in _FIELDS:
                given = trees.add(given, one)
            return given

        versions.publish(folder, versions.reshape(version, fields))
    return folders.get(environment, folder.key)


def _write(system: Services, member: Member, folder: FolderRow, credential: Credential, article: _Article) -> None:
    """One article, published with its picture."""
    resources, _, publishing = system.publishing.content
    row = resources.named(folder, article.id)
    if row is None:
        picture = Incoming(f"{article.id}.png", "image/png", _picture(article))
        stored = system.drive.put(credential, [picture])[0]
        document = {
            "title": article.title,
            "body": article.body,
            "written": article.written,
            "tags": article.tags,
            "picture": stored.cid,
            "notes": "not for everyone",
        }
        row = resources.create(member, folder, NewResource(document, external_id=article.id))
    if row.current is None:
        first = aws.page(RevisionRow, f"{row.folder}/{row.key}", limit=1).rows[0]
        found = aws.get(DocumentRow, row.folder, f"{row.key}/{first.key}")
        if found is not None:
            fresh = aws.get(ResourceRow, row.folder, row.key) or row
            publishing.publish(Standing(_member(member.environment.key), folder, fresh, first), found)


def _picture(article: _Article) -> memoryview:
    """A picture from one colour to another, as PNG."""
    top, bottom = article.colours
    column = Image.new("RGB", (1, 2))
    column.putdata([top, bottom])
    out = io.BytesIO()
    column.resize((640, 400), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getbuffer()
