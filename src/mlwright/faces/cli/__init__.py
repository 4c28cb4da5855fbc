"""The command line: one file a system, one function a command. `main` is the entry point."""
