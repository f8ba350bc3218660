"""What can be wrong with the files of this package."""


class BadFile(ValueError):
    """A prompt, phrasebook or lexicon file does not say what it must. The message names the file and the place."""
