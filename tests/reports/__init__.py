"""Tests of the renderers; a package so that its test files may be named after nouns."""
