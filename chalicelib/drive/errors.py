"""What the drive refuses (seed 001, Authentication & Errors; spec drive, Endpoints)."""

from chalicelib.web.errors import Refusal


class FileNotFoundInAccountError(Refusal):
    """This account has not pinned this hash; whether another has is not told."""

    status = 404
    code = "file_not_found"
    text = "File not found"


class InvalidHashError(Refusal):
    """No hash was given, or it is not a CIDv0."""

    status = 400
    code = "invalid_hash"
    text = "Invalid or missing hash"


class NoFileError(Refusal):
    """A put without any file."""

    status = 400
    code = "no_file_provided"
    text = "No file provided"


class TooManyFilesError(Refusal):
    """One put takes at most 1,000 files."""

    status = 400
    code = "too_many_files"
    text = "Too many files: at most 1000 in one request"


class FileTooLargeError(Refusal):
    """One file is over the limit."""

    status = 413
    code = "file_too_large"

    def __init__(self, most: int) -> None:
        super().__init__(f"File size exceeds {most // 2**20}Mb")


class InvalidNameError(Refusal):
    """A file name is empty, or longer than 1,024 bytes in UTF-8."""

    status = 400
    code = "invalid_name"
    text = "Invalid file name: 1 to 1024 bytes of UTF-8"


class TooManyNamesError(Refusal):
    """An account may hold one content under 40 names."""

    status = 400
    code = "too_many_names"
    text = "Too many names"


class InvalidPathError(Refusal):
    """A path in a folder has an empty segment, `.`, `..` or a NUL, or stands for two things."""

    status = 400
    code = "invalid_path"
    text = "Invalid path segment"


class PathTooDeepError(Refusal):
    """A path in a folder has more than 32 segments."""

    status = 400
    code = "path_too_deep"
    text = "Path exceeds 32 levels"


class PathSegmentTooLongError(Refusal):
    """A segment of a path in a folder is longer than 200 characters."""

    status = 400
    code = "path_segment_too_long"
    text = "Path segment exceeds 200 characters"


class FolderTooLargeError(Refusal):
    """The paths of a folder do not fit its manifest."""

    status = 400
    code = "folder_too_large"
    text = "The folder has too many files, or too long paths: split it"


class HashIsFolderError(Refusal):
    """What was asked for is a folder, and the call reads files."""

    status = 400
    code = "hash_is_folder"
    text = "Hash is a folder"


class HashIsFileError(Refusal):
    """What was asked for is a file, and the call lists folders."""

    status = 400
    code = "hash_is_file"
    text = "Hash is a file"


class CopyNotReadyError(Refusal):
    """What was asked for is larger than one answer, and a copy of it is being made."""

    status = 503
    code = "copy_not_ready"
    text = "A copy is being made, try again"


class NoThumbnailError(Refusal):
    """There is no thumbnail: not yet, or never, since the file is no picture that can be drawn."""

    status = 404
    code = "no_thumbnail"
    text = "No thumbnail"
