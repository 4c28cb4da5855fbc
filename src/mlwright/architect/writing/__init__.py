"""Writing: documents of typed blocks whose statements name their proof, as Markdown, as HTML and as a whole folder."""
