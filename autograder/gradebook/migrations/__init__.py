"""The way from any earlier gradebook to today's tables, run by `autograder.gradebook.schema`, never by hand."""
