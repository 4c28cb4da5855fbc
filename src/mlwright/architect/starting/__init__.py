"""From requirements to a blueprint: a profile, a template, the decision table, and the rules of `check`."""
