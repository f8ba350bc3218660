"""What the writers are told: versioned prompt templates, phrasebooks and lexicons, one file each.

Nothing here knows about communities or drafts. Files are data; the loaders validate them and cache the result.
"""
