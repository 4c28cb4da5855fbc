"""`python -m mlwright` is the command line."""

from mlwright.faces.cli.main import main

if __name__ == "__main__":
    main()
