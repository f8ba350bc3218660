"""What can go wrong with knowledge. Each message says what happened, where, and the way out.

KnowledgeError
├── UnknownFormat      no importer recognises the path
├── BadExport          an export cannot be read at all
├── StoreBusy          another process holds the vector store
├── StoreUnreachable   a database or vector server does not answer
├── EmbeddingFailed    an embeddings endpoint gives no vectors
└── ForgottenMeanwhile somebody was forgotten between reading and storing; for the import alone, which tries again
"""


class KnowledgeError(Exception):
    """Base of the errors of this package, each meant for a person to read."""


class UnknownFormat(KnowledgeError):
    """No importer recognises the path."""


class BadExport(KnowledgeError):
    """An export cannot be read at all. The message names the file and the place."""


class StoreBusy(KnowledgeError):
    """Another process holds the vector store. The message says who, and the two ways out."""


class StoreUnreachable(KnowledgeError):
    """A database or vector server does not answer."""


class EmbeddingFailed(KnowledgeError):
    """An embeddings endpoint gives no vectors."""


class ForgottenMeanwhile(KnowledgeError):
    """Somebody asked to be forgotten after what is to be stored was looked through for those who did."""
