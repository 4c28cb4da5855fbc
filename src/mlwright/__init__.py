"""mlwright: one blueprint describes an ML/LLM system, reviews it, prices it, draws it, documents it and runs it."""
