"""The nouns of fusion: frozen dataclasses with the unit or shape of every field. They import nothing of ours."""
