"""How good the drafts are: cases, scorers, runs over writers and prompt versions, reports, baselines."""
