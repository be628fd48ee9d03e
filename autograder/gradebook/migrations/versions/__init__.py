"""One file a step. A step that has been published is never changed: gradebooks made by it are out there."""
