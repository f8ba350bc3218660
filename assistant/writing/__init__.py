"""From a plan to words: the phrasebook, a model, and what composes a draft out of both."""
