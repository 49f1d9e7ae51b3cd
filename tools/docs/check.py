#!/usr/bin/env python3
"""Says which ops and passes of the sources the documentation lacks; exit code 1 if there are any.

usage: check.py SOURCE DOCUMENTATION
"""

import re
import sys
from pathlib import Path


def declared(folder, files, pattern):
    """What the pattern finds in the .td files, with the file of each."""
    return [(found, path) for path in sorted(folder.glob(files)) for found in re.findall(pattern, path.read_text())]


def main():
    source, documentation = Path(sys.argv[1]), Path(sys.argv[2])
    index = (documentation / "index.md").read_text()
    text = "".join((documentation / page).read_text() for page in re.findall(r"\]\((.*?\.md)\)", index))
    headings = set(re.findall(r"^#+ `(.*?)`", text, re.M))

    passes = declared(source / "passes", "*/*.td", r'def \w+ *: *Pass<"([\w-]+)"')
    ops = []
    for folder in (source / "dialects").iterdir():
        [(dialect, _)] = declared(folder, "*.td", r'Dialect \{\s*let name = "(\w+)"')
        found = declared(folder, "*.td", r'def \w+Op *:\s*\w+<"([\w.]+)"')
        ops += [(f"{dialect}.{name}", path) for name, path in found]
    if not ops or not passes:
        sys.exit(f"no ops or no passes found in '{source}'")
    missing = [(f"pass '{name}'", path) for name, path in passes if f"-{name}" not in headings]
    missing += [(f"op '{name}'", path) for name, path in ops if name not in headings]
    for what, path in missing:
        print(f"the documentation lacks the {what} of {path.relative_to(source)}")
    print(f"{len(ops)} ops and {len(passes)} passes, {len(missing)} missing")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
