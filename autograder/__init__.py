"""Auto-graded course kit."""
