"""`make bench`: runs every benchmark of this folder, one after the other. Each is a module with a `main()`."""

import importlib
import pkgutil

import tests.bench


def main() -> None:
    names = sorted(module.name for module in pkgutil.iter_modules(tests.bench.__path__) if module.name != "__main__")
    if not names:
        print("There is no benchmark yet.")
    for name in names:
        print(f"== {name}")
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main()
