"""Golden models against plain integers and hand-worked cases."""
