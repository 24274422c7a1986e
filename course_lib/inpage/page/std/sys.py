"""The page's sys: where `print` writes."""

modules = {}
stdout = stderr = None
