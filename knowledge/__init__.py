"""What a community has said: importing it, understanding each message, finding it again. Knows nothing of drafts."""
