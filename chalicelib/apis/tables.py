"""The rows of APIs: each by its key, its prefix once in its environment, and its connections."""

from pynamodb.attributes import BooleanAttribute, ListAttribute, NumberAttribute, UnicodeAttribute

from chalicelib import aws


class ApiRow(aws.Table):
    """A Flux API. `connections` counts the folders it has; answers may be kept for `cache_seconds`."""

    class Meta:
        table_name = "apis"

    environment = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    name = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    prefix = UnicodeAttribute()
    auth_required = BooleanAttribute(default=False)
    mcp = BooleanAttribute(default=True)
    introspection = BooleanAttribute(default=True)
    origins: ListAttribute[str] = ListAttribute(default=list)
    cache_seconds = NumberAttribute(null=True)
    connections = NumberAttribute(default=0)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class PrefixRow(aws.Table):
    """That a prefix is taken in an environment, and by which API."""

    class Meta:
        table_name = "api-prefixes"

    environment = UnicodeAttribute(hash_key=True)
    prefix = UnicodeAttribute(range_key=True)
    key = UnicodeAttribute()
    tx = UnicodeAttribute(null=True)


class ConnectionRow(aws.Table):
    """A folder of an API. `needed` counts the strict folders of the same API that need this one in their path."""

    class Meta:
        table_name = "connections"

    api = UnicodeAttribute(hash_key=True)
    folder = UnicodeAttribute(range_key=True)
    methods: ListAttribute[str] = ListAttribute(default=list)
    descriptions: ListAttribute[str] = ListAttribute(default=list)
    required: ListAttribute[str] = ListAttribute(default=list)
    needed = NumberAttribute(default=0)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class EndedApiRow(aws.Table):
    """An API that was deleted, and whose connections are still to go."""

    class Meta:
        table_name = "ended-apis"

    api = UnicodeAttribute(hash_key=True)
    environment = UnicodeAttribute()
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)
