"""Runs a submission and answers for it; nothing else in the kit starts student code."""
