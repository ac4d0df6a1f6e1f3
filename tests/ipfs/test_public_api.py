from chalicelib import ipfs


def test_exported_members_are_these_and_no_others() -> None:
    assert sorted(ipfs.__all__) == [
        "CHUNK",
        "FileHasher",
        "FolderTooDeep",
        "InvalidCid",
        "MAX_LINKS",
        "Node",
        "encode_cid",
        "file_node",
        "folder_node",
        "join_leaves",
        "leaf_digests",
        "parse_cid",
        "tree",
    ]


def test_every_exported_member_exists() -> None:
    assert [name for name in ipfs.__all__ if not hasattr(ipfs, name)] == []


def test_limits_are_kubos() -> None:
    assert (ipfs.CHUNK, ipfs.MAX_LINKS) == (262_144, 174)
