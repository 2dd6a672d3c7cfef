"""The stub of the compiled module says what is there."""

import ast

from conftest import ROOT

from data_lakehouse import _core


def public(names: list[str]) -> set[str]:
    """Return the names that are for users, and the Arrow interface."""
    return {name for name in names if not name.startswith("_") or name.startswith("__arrow")}


def declared(body: list[ast.stmt]) -> list[str]:
    """Return the functions and classes of a block."""
    return [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]


def test_the_stub_names_everything() -> None:
    stub = ast.parse((ROOT / "data_lakehouse" / "_core.pyi").read_text(encoding="utf-8"))
    assert public(declared(stub.body)) == public(dir(_core))
    for node in stub.body:
        if isinstance(node, ast.ClassDef):
            assert public(declared(node.body)) == public(dir(getattr(_core, node.name))), node.name
