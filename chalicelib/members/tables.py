"""The rows of users, their refresh tokens, environments, and the management keys of those."""

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute

from chalicelib import aws


class UserRow(aws.Table):
    """Someone who may sign in for an account, by e-mail address in lower case; of the password, an argon2 hash."""

    class Meta:
        table_name = "users"

    email = UnicodeAttribute(hash_key=True)
    account = UnicodeAttribute()
    password = UnicodeAttribute()
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class RefreshRow(aws.Table):
    """A refresh token that was not used yet."""

    class Meta:
        table_name = "refresh-tokens"

    id = UnicodeAttribute(hash_key=True)
    email = UnicodeAttribute()
    expires = TTLAttribute()
    tx = UnicodeAttribute(null=True)


class EnvironmentRow(aws.Table):
    """An environment: a space of folders and APIs, owned by an account. Counts what stands directly in it."""

    class Meta:
        table_name = "environments"

    key = UnicodeAttribute(hash_key=True)
    account = UnicodeAttribute()
    name = UnicodeAttribute()
    apis = NumberAttribute(default=0)
    roots = NumberAttribute(default=0)
    folders = NumberAttribute(default=0)
    keys = NumberAttribute(default=0)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)


class ManagementKeyRow(aws.Table):
    """A management key of one environment, found by its public key."""

    class Meta:
        table_name = "management-keys"

    public = UnicodeAttribute(hash_key=True)
    environment = UnicodeAttribute()
    tx = UnicodeAttribute(null=True)


class EnvironmentKeyRow(aws.Table):
    """The management keys of an environment, in the order they were made: what lists and removal go by."""

    class Meta:
        table_name = "environment-keys"

    environment = UnicodeAttribute(hash_key=True)
    key = UnicodeAttribute(range_key=True)
    public = UnicodeAttribute()
    description = UnicodeAttribute(null=True)
    created = NumberAttribute()
    tx = UnicodeAttribute(null=True)
