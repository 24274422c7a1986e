"""Every method of the package has a row, and every row works."""

import ast
import inspect
from pathlib import Path

import numpy as np
import pytest

import course_lib.optim as optim
from course_lib.optim import COMPOUND, METHODS, SECOND_ORDER, SGD, Himmelblau, Optimizer, SecondOrder, minimize


def test_every_public_optimizer_has_a_row():
    public = {name for name in optim.__all__ if inspect.isclass(getattr(optim, name))}
    others = {"Optimizer", "NesterovLookAhead", "Groups"}
    methods = {name for name in public - others if issubclass(getattr(optim, name), Optimizer)}
    assert methods == set(METHODS) | set(COMPOUND) and not set(METHODS) & set(COMPOUND)


@pytest.mark.parametrize(("name", "row"), METHODS.items())
def test_row(name, row):
    assert row.cls.__name__ == name
    assert tuple(row.defaults) == tuple(row.test_settings) == row.cls(**row.defaults).hyper
    assert all(
        row.defaults[key] != row.test_settings[key]
        for key in row.defaults
        if not isinstance(row.test_settings[key], bool)
    )
    assert "Source: " in row.cls.__doc__
    signature = inspect.signature(row.cls)
    for key, parameter in signature.parameters.items():
        if key != "lr":
            assert parameter.kind is parameter.KEYWORD_ONLY and parameter.default == row.defaults[key]
    # `update` takes the slots by their names
    assert tuple(inspect.signature(row.cls.update).parameters) == ("self", "x", "dx", *row.cls.slots)


@pytest.mark.parametrize(("name", "row"), COMPOUND.items())
def test_row_of_a_compound_method(name, row):
    held = {"inner": SGD(0.1)} if "lr" not in row.defaults else {}
    signature = inspect.signature(row.cls)
    for hyper in (row.defaults, row.test_settings):
        opt = row.cls(**held, **hyper)
        assert {key: getattr(opt, key) for key in hyper} == hyper
    assert row.cls.__name__ == name and "Source: " in row.cls.__doc__
    assert all(signature.parameters[key].default == row.defaults[key] for key in row.defaults if key != "lr")
    assert all(key in row.reference for key in row.defaults if key != "inputs_first")


def test_every_second_order_method_has_a_row():
    public = {name for name in optim.__all__ if inspect.isclass(getattr(optim, name))}
    assert {n for n in public if issubclass(getattr(optim, n), SecondOrder)} - {"SecondOrder"} == set(SECOND_ORDER)


@pytest.mark.parametrize(("name", "row"), SECOND_ORDER.items())
def test_row_of_a_second_order_method(name, row):
    signature = inspect.signature(row.cls)
    assert row.cls.__name__ == name and "Source: " in row.cls.__doc__
    assert all(signature.parameters[key].default == row.defaults[key] for key in row.defaults)
    surface, start = Himmelblau(), np.array([3.5, 1.0])
    found = minimize(surface, row.cls(**row.defaults), start)
    assert np.abs(surface.grad(found.x)).max() <= 1e-6
    if row.reference:
        other = row.other(value=surface.value, grad=surface.grad, hessian=surface.hessian, start=start, tol=1e-6)
        np.testing.assert_allclose(found.x, other.x, atol=1e-4)


def imported_in(path):
    imports = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in imports for alias in node.names}


@pytest.mark.parametrize("name", [n for n, row in (METHODS | COMPOUND | SECOND_ORDER).items() if not row.reference])
def test_a_method_that_nobody_else_has_has_a_test_of_its_own(name):
    tests = [path for path in Path(__file__).parent.rglob("test_*.py") if path != Path(__file__)]
    assert any(name in imported_in(path) for path in tests), "write one in tests/optim that imports it"


def test_all_is_sorted_and_complete():
    def constants_classes_functions(name):
        return not name.isupper(), not name[0].isupper(), name

    assert optim.__all__ == sorted(set(optim.__all__), key=constants_classes_functions)
    public = {name for name, it in vars(optim).items() if not name.startswith("_") and not inspect.ismodule(it)}
    assert public == set(optim.__all__)
    for module in (optim.adam, optim.first_order, optim.schedule_free, optim.gradients, optim.parameter_set):
        own = {n for n, it in vars(module).items() if getattr(it, "__module__", "") == module.__name__}
        assert {n for n in own if not n.startswith("_")} <= public
    for package in (optim.surfaces, optim.schedules, optim.second_order, optim.analysis):
        assert package.__all__ == sorted(set(package.__all__), key=constants_classes_functions)
        assert set(package.__all__) <= public
