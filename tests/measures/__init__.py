"""The parts of `make bench`: one file a part, and below them what all parts use (lab, programs, sheets)."""
