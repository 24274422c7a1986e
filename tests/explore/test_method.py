"""The update that a reader types: read in the page's Python, evaluated by the page, against the library."""

import inspect
import json
import textwrap

import numpy as np
import pytest

from course_lib import explore, inpage
from course_lib.explore import yours
from course_lib.inpage.quick import Quick
from course_lib.optim import Momentum, Nesterov, Optimizer, descend
from course_lib.optim.registry import METHODS
from course_lib.optim.surfaces import Ravine, Rosenbrock
from tests.explore.conftest import JS, PAGE
