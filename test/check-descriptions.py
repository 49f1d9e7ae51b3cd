#!/usr/bin/env python3
"""Checks that descriptions can be read: check-descriptions.py [ROOT]. Prints figures; exits with 1 where one is missed.

- Lines of tracked .td, .md, .mlir and .test files have at most 120 columns.
- Every op and every pass has a description with a fenced example, and every attribute and interface a description.
- A description has at most 150 words, or headings, and then no section has more. Fenced code does not count.
- Of the sentences of descriptions at most 5 % have more than 30 words.
- Of the lines of headers that are not blank at least 25 % are comments.
"""
import pathlib
import re
import subprocess
import sys

MOST_COLUMNS = 120
MOST_WORDS = 150
LONG_SENTENCE = 30
MOST_LONG_SENTENCES = 0.05
LEAST_COMMENTS = 0.25

# What has to have a description, by the classes of MLIR that it comes from.
KINDS = {"op": ["Op"], "pass": ["Pass"], "attribute": ["AttrDef"], "interface": ["OpInterface", "AttrInterface"]}

# A string of tablegen, [{...}] or "...", in one group each.
STRING = r'\[\{(.*?)\}\]|"((?:[^"\\]|\\.)*)"'


def tracked(root, *patterns):
    listed = subprocess.run(["git", "-C", root, "ls-files", "--", *patterns], check=True, capture_output=True, text=True)
    return [pathlib.Path(root, name) for name in listed.stdout.splitlines()]


class Record:
    """A def or class of tablegen: its keyword, its name, the name of its first base, and its text."""

    def __init__(self, place, keyword, name, base, text):
        self.place, self.keyword, self.name, self.base, self.text = place, keyword, name, base, text

    def description(self):
        """The text of `let description`, whose strings are put together; None where there is none."""
        found = re.search(r"let description = ((?:%s|[^;\"\[])*);" % STRING, self.text, re.DOTALL)
        if not found:
            return None
        parts = re.findall(STRING, found.group(1), re.DOTALL)
        return "".join(code or quoted.replace("\\n", "\n").replace('\\"', '"') for code, quoted in parts)


def read_base(text, start):
    """The name of the first base of the def or class whose name ends at `start`: behind its parameters in <...>."""
    depth = 0
    for end in range(start, len(text)):
        depth += {"<": 1, ">": -1}.get(text[end], 0)
        if depth == 0 and text[end] in ":{;":
            base = re.match(r":\s*(\w+)", text[end:])
            return base.group(1) if base else ""
    return ""


def read_records(path):
    """The defs and classes of a file. One ends where the next begins, which is enough to find its description."""
    text = path.read_text()
    heads = list(re.finditer(r"^ *(def|class|multiclass) (\w+)", text, re.MULTILINE))
    for head, following in zip(heads, [*heads[1:], None]):
        body = text[head.start():following.start() if following else len(text)]
        place = f"{path}:{text.count(chr(10), 0, head.start()) + 1}"
        yield Record(place, head.group(1), head.group(2), read_base(text, head.end()), body)


def derives(record, classes, root):
    """Whether the chain of first bases of a record ends in the class `root` of MLIR."""
    base = record.base
    while base in classes and base != root:
        base = classes[base].base
    return base == root


def without_code(text):
    return re.sub(r"```.*?```", "\n\n", text, flags=re.DOTALL)


def sentences(text):
    """Paragraphs and items of lists, cut at full stops; headings are none."""
    text = re.sub(r"^\s*#### .*$", "\n", without_code(text), flags=re.MULTILINE)
    for block in re.split(r"\n\s*\n|\n\s*(?=- )", "\n" + text):
        for sentence in re.split(r"(?<=[.!?])\s+", " ".join(block.split())):
            if words(sentence):
                yield sentence


def words(text):
    return [word for word in text.split() if re.search(r"\w", word)]


def check_descriptions(root, errors):
    records = [record for path in tracked(root, "*.td") for record in read_records(path)]
    classes = {record.name: record for record in records if record.keyword == "class"}
    defs = [record for record in records if record.keyword == "def"]
    for kind, bases in KINDS.items():
        of_kind = [record for record in defs if any(derives(record, classes, base) for base in bases)]
        for record in of_kind:
            description = record.description()
            if description is None:
                errors.append(f"{record.place}: {kind} {record.name} without a description")
            elif kind in ("op", "pass") and "```mlir\n" not in description:
                errors.append(f"{record.place}: {kind} {record.name} without an example")
        print(f"{len(of_kind)} of kind {kind}")

    described = [record for record in records if record.description() is not None]
    for record in described:
        for section in re.split(r"^\s*####", without_code(record.description()), flags=re.MULTILINE):
            if len(words(section)) > MOST_WORDS:
                errors.append(f"{record.place}: {record.name} has {len(words(section))} words without a heading")
    every = [(record, sentence) for record in described for sentence in sentences(record.description())]
    long = [(record, sentence) for record, sentence in every if len(words(sentence)) > LONG_SENTENCE]
    share = len(long) / max(1, len(every))
    print(f"{len(long)} of {len(every)} sentences over {LONG_SENTENCE} words: {share:.1%}")
    if share > MOST_LONG_SENTENCES:
        errors += [f"{record.place}: {len(words(sentence))} words: {sentence}" for record, sentence in long]


def check_columns(root, errors):
    over = 0
    for path in tracked(root, "*.td", "*.md", "*.mlir", "*.test"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if len(line) > MOST_COLUMNS:
                over += 1
                errors.append(f"{path}:{number}: {len(line)} columns")
    print(f"{over} lines over {MOST_COLUMNS} columns")


def check_comments(root, errors):
    comments = total = 0
    for folder in ("dialects", "passes", "runtime", "tools"):
        lines = [line.strip() for path in tracked(root, f"{folder}/**/*.h", f"{folder}/*.h")
                 for line in path.read_text().splitlines() if line.strip()]
        here = sum(line.startswith("//") for line in lines)
        print(f"{folder}: {here / max(1, len(lines)):.1%} of {len(lines)} lines of headers are comments")
        comments, total = comments + here, total + len(lines)
    print(f"headers: {comments / max(1, total):.1%} comments")
    if comments < LEAST_COMMENTS * total:
        errors.append(f"expected at least {LEAST_COMMENTS:.0%} comments in headers, found {comments / total:.1%}")


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    errors = []
    check_columns(root, errors)
    check_descriptions(root, errors)
    check_comments(root, errors)
    for error in errors:
        print(error)
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
