"""What a blueprint begins with: requirements, a profile of the files, the decision table, the questions."""
