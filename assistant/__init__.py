"""From what was said to what to say: notice, plan, write, check, review."""
