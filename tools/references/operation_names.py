"""Lists every function of `keras.ops` with the class of operation that it leaves in a model's file."""

import ast
import json
import pathlib

import keras
import keras.src.ops as source

MODULES = "numpy nn math image linalg core einops".split()


def exported(function):
    """The names under `keras.ops` that a function's decorator gives it."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "keras_export":
            names = ast.literal_eval(decorator.args[0])
            names = [names] if isinstance(names, str) else names
            names = [n[len("keras.ops."):] for n in names if n.startswith("keras.ops.")]
            if names:
                return min(names, key=len)
    return None


def class_of(function, classes):
    """The class whose call the function returns for symbolic tensors; nothing if it makes none."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in classes:
            return node.func.id
    return None


def main():
    folder = pathlib.Path(source.__file__).parent
    found = {}
    for module in MODULES:
        tree = ast.parse((folder / f"{module}.py").read_text())
        classes = {n.name for n in tree.body if isinstance(n, ast.ClassDef)}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                name = exported(node)
                if name:
                    found[name] = class_of(node, classes)
    lines = ",\n".join(json.dumps({"name": n, "class": c}) for n, c in sorted(found.items()))
    text = (f'{{"made_by": "tools/make-operation-references", '
            f'"made_with": {{"keras": "{keras.__version__}"}},\n"functions": [\n{lines}\n]}}\n')
    pathlib.Path("fixtures/operations/names.json").write_text(text)
    print(f"fixtures/operations/names.json: {len(found)} functions")


if __name__ == "__main__":
    main()
