"""Proves that a grader is fair before a student meets it: known answers, mutants, calibration."""
