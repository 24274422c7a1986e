"""The page's collections: names for annotations, in `abc`."""
