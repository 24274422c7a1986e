"""Exercises done in the page: Python itself, the engine of exercises and a small NumPy in a worker of the browser.

`page/` runs there and nowhere else; `build` puts it together; `quick` runs it in this process, without a browser;
`js/` is the page's side.
"""

from course_lib.inpage.assets import of_exercises, on_demand, script_name, site_assets

__all__ = ["of_exercises", "on_demand", "script_name", "site_assets"]
