"""Everything that checks the project; mirrors its tree."""
