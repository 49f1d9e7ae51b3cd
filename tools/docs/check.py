#!/usr/bin/env python3
"""Says which ops that were built and which passes of the sources the documentation lacks; exit code 1 if there are any.

usage: check.py SOURCE BUILD DOCUMENTATION
"""

import re
import sys
from pathlib import Path


def declared(folder, files, pattern):
    """What the pattern finds in the files, with the file of each."""
    paths = sorted(folder.glob(files))
    return [(found, path.relative_to(folder)) for path in paths for found in re.findall(pattern, path.read_text())]


def main():
    source, build, documentation = map(Path, sys.argv[1:])
    index = (documentation / "index.md").read_text()
    text = "".join((documentation / page).read_text() for page in re.findall(r"\]\((.*?\.md)\)", index))
    headings = set(re.findall(r"^#+ `(.*?)`", text, re.M))

    passes = declared(source, "passes/*/*.td", r'def \w+ *: *Pass<"([\w-]+)"')
    # From the generated headers: a multiclass defines ops whose names no .td spells out.
    name_function = r'getOperationName\(\) {\s*return ::llvm::StringLiteral\("([\w.]+)"\)'
    ops = declared(build, "dialects/*/*Ops.h.inc", name_function)
    if not ops or not passes:
        sys.exit(f"no ops in '{build}' or no passes in '{source}'")
    missing = [(f"pass '{name}'", path) for name, path in passes if f"-{name}" not in headings]
    missing += [(f"op '{name}'", path) for name, path in ops if name not in headings]
    for what, path in missing:
        print(f"the documentation lacks the {what} of {path}")
    print(f"{len(ops)} ops and {len(passes)} passes, {len(missing)} missing")
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
