"""The base of every table's model.

pynamodb makes a session and a client per model, 40 ms each. Here every model of a process shares the one client of
`chalicelib.aws.clients`, which also carries our timeouts and retries. The attribute that holds it is private in
pynamodb, so a contract test watches over it.
"""

from typing import Any

from pynamodb.attributes import Attribute, TTLAttribute
from pynamodb.connection.base import MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.models import Model

from chalicelib.aws import clients


class Table(Model):
    """A model whose `Meta.table_name` is the logical name; the physical one has the stage's prefix before it."""

    @classmethod
    def physical_name(cls) -> str:
        """Name of the table in AWS."""
        return f"{clients.current().settings.table_prefix}{cls.Meta.table_name}"

    @classmethod
    def key_schema(cls) -> dict[str, Any]:
        """`KeySchema` and `AttributeDefinitions` as `CreateTable` and CloudFormation take them."""
        schema = cls._get_schema()
        # pynamodb sorts by attribute name; CloudFormation wants the hash key first.
        keys = sorted(schema["key_schema"], key=lambda key: key["KeyType"] != "HASH")
        return {"KeySchema": keys, "AttributeDefinitions": schema["attribute_definitions"]}

    @classmethod
    def ttl_attribute(cls) -> str | None:
        """Name of the attribute that expires rows, if the table has one."""
        found = [a.attr_name for a in cls.get_attributes().values() if isinstance(a, TTLAttribute)]
        return found[0] if found else None

    @classmethod
    def hash_attribute(cls) -> Attribute[Any]:
        """The attribute of the hash key, for conditions on a row's existence."""
        return next(a for a in cls.get_attributes().values() if a.is_hash_key)

    @classmethod
    def range_attribute(cls) -> Attribute[Any]:
        """The attribute of the range key."""
        return next(a for a in cls.get_attributes().values() if a.is_range_key)

    @classmethod
    def range_name(cls) -> str:
        """Name of the attribute of the range key."""
        return str(cls.range_attribute().attr_name)

    @classmethod
    def item_key(cls, hash_key: Any, range_key: Any = None) -> dict[str, dict[str, Any]]:
        """A key as DynamoDB takes it: attribute name to typed value."""
        serialized = cls._serialize_keys(hash_key, range_key)
        key: dict[str, Any] = cls.connection().connection.get_identifier_map(cls.physical_name(), *serialized)["Key"]
        return key

    def row_key(self) -> dict[str, dict[str, Any]]:
        """This row's key as DynamoDB takes it."""
        attributes = type(self).get_attributes().items()
        hash_key = next(getattr(self, name) for name, a in attributes if a.is_hash_key)
        return self.item_key(hash_key, next((getattr(self, name) for name, a in attributes if a.is_range_key), None))

    @classmethod
    def connection(cls) -> TableConnection:
        """The table over the shared client, as pynamodb sees it."""
        return cls._get_connection()

    @classmethod
    def _get_connection(cls) -> TableConnection:
        aws = clients.current()
        # Not on the class: CPython 3.11 can crash where a class attribute is replaced while other threads read it.
        found: TableConnection | None = aws.connections.get(cls)
        if found is None:
            name = cls.physical_name()
            meta = MetaTable({"TableName": name, **cls.key_schema()})
            # Without credentials pynamodb makes a client after all, and then wants to know the region.
            found = TableConnection(name, region=aws.settings.region, meta_table=meta)
            found.connection._client = aws.dynamodb  # noqa: SLF001 - see the module's docstring
            aws.connections[cls] = found
        return found
