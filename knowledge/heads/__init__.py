"""The small heads that read sentiment and intent off a vector, and how they were trained."""
