"""Thin faces on the same verbs: HTTP, command line and pages. Each parses, calls one verb, and renders."""
