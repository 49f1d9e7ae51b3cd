#!/usr/bin/env python3
"""Tells which faults of faults.py the suite finds.

A copy of the commit is built once with all of them. Each is switched on by the environment variable SLUICE_FAULT; its
nearest tests run first, and the whole suite after them with --all. README.md says more.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import faults

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HEADER = "test/mutations/Fault.h"
LIT = ["lit", "llvm-lit", "/usr/lib/llvm-22/bin/lit"]


class Failed(Exception):
    """What keeps faults from being tried."""


def output_of(*command, cwd=None):
    return subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.PIPE, text=True).stdout


def mutated(text, entries):
    """The text of a file with all of its faults."""
    for fault in entries:
        if text.count(fault.old) != 1:
            raise Failed(f"{fault.file}: expected the text of fault {fault.number} once, found it "
                         f"{text.count(fault.old)} times: {fault.old}")
        text = text.replace(fault.old, fault.new)
    return f'#include "{HEADER}"\n' + text


def write_if_other(path, text):
    """Leaves the time of what is as it should be, for the sake of ninja."""
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make_copy(folder, entries):
    """A clone of the commit that is checked out, with all faults in it."""
    commit = output_of("git", "rev-parse", "HEAD", cwd=ROOT).strip()
    # Nobody's work is reset: only what an earlier run has made.
    mark = folder / ".git/sluice-mutations"
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise Failed(f"expected an empty folder or one that was made here before, found {folder}")
    if not mark.exists():
        output_of("git", "clone", "--quiet", "--no-checkout", str(ROOT), str(folder))
        mark.touch()
    output_of("git", "fetch", "--quiet", str(ROOT), "HEAD", cwd=folder)
    output_of("git", "reset", "--quiet", "--mixed", commit, cwd=folder)
    files = {fault.file for fault in entries}
    others = set(output_of("git", "diff", "--name-only", cwd=folder).splitlines()) - files
    if others:
        output_of("git", "checkout", "--quiet", "--", *sorted(others), cwd=folder)
    output_of("git", "clean", "--quiet", "--force", "-d", cwd=folder)
    for file in sorted(files):
        original = output_of("git", "show", f"{commit}:{file}", cwd=folder)
        write_if_other(folder / file, mutated(original, [fault for fault in entries if fault.file == file]))
    write_if_other(folder / HEADER, (HERE / "Fault.h").read_text())


def build_copy(folder, jobs):
    if not (folder / "build/build.ninja").exists():
        subprocess.run(["cmake", "--preset", "release"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    if subprocess.run(["ninja", "-C", "build", f"-j{jobs}"], cwd=folder, stdout=sys.stderr).returncode:
        raise Failed("the copy does not build")


def run_limited(command, fault, limit, cwd):
    """Exit status, None after `limit` seconds, and the output; what the command started ends with it."""
    environment = {name: value for name, value in os.environ.items() if name != "SLUICE_FAULT"}
    if fault:
        environment["SLUICE_FAULT"] = str(fault)
    process = subprocess.Popen(command, env=environment, cwd=cwd, start_new_session=True, text=True, errors="replace",
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        text, _ = process.communicate(timeout=limit)
        return process.returncode, text
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None, process.communicate()[0]


class Suite:
    """The tests of a copy. Each method returns the names of tests that failed, none where all passed."""

    def __init__(self, folder, jobs, limit):
        self.folder, self.jobs, self.limit = folder, jobs, limit
        self.lit_program = next((lit for lit in LIT if subprocess.run(["which", lit], stdout=subprocess.DEVNULL)
                                 .returncode == 0), None)
        if not self.lit_program:
            raise Failed(f"expected one of {', '.join(LIT)} on the path, found none")

    def lit(self, fault, wanted, unwanted="", first=True):
        command = [self.lit_program, f"-j{self.jobs}", "-v", "build/test"]
        command += [f"--filter={wanted}"] if wanted else []
        command += [f"--filter-out={unwanted}"] if unwanted else []
        command += ["--max-failures=1"] if first else []
        status, text = run_limited(command, fault, self.limit, self.folder)
        if status is None:
            return [f"{wanted or 'lit'} (no end after {self.limit} s)"]
        failed = sorted(set(re.findall(r"^(?:FAIL|TIMEOUT|UNRESOLVED): \S+ :: (\S+)", text, re.M)))
        if bool(failed) != bool(status):
            raise Failed(f"lit ended with {status}:\n{text[-2000:]}")
        return failed

    def unit(self, fault, wanted):
        """`wanted`: a program of UNIT_TESTS, a colon and a filter of GoogleTest, empty for all."""
        program, wanted = wanted.split(":", 1)
        command = ["build/bin/" + faults.UNIT_TESTS[program], f"--gtest_filter={wanted or '*'}", "--gtest_fail_fast"]
        status, text = run_limited(command, fault, self.limit, self.folder)
        if status == 0 and "[==========] Running 0 tests" in text:
            raise Failed(f"the filter '{wanted}' of {program} matches no test")
        if status == 0:
            return []
        # A test that ends the program is the last that ran.
        names = re.findall(r"^\[  FAILED  \] ([\w/]+\.[\w/]+)", text, re.M) or \
            re.findall(r"^\[ RUN      \] (\S+)", text, re.M)[-1:]
        return sorted(set(names)) or [f"{program} ended with {status}"]

    def nearest(self, fault):
        return (self.unit(fault.number, fault.unit) if fault.unit else []) or \
            (self.lit(fault.number, fault.lit) if fault.lit else [])

    def whole(self, fault, unwanted):
        for program in faults.UNIT_TESTS:
            if failed := self.unit(fault.number, program + ":"):
                return failed
        return self.lit(fault.number, "", unwanted)


def check_without_fault(suite, entries):
    """The nearest tests of all have to pass while no fault is switched on."""
    failed = []
    for wanted in sorted({fault.unit for fault in entries if fault.unit}):
        failed += suite.unit(0, wanted)
    if wanted := "|".join(sorted({f"({fault.lit})" for fault in entries if fault.lit})):
        failed += suite.lit(0, wanted, first=False)
    if failed:
        raise Failed("without a fault these tests fail: " + ", ".join(failed))


def try_fault(suite, fault, unwanted):
    failed = suite.nearest(fault)
    where = "nearest"
    if not failed and unwanted is not None:
        failed, where = suite.whole(fault, unwanted), "whole suite"
    found = f"{', '.join(failed)} ({where})" if failed else "**not found**"
    print(f"| {fault.number} | `{fault.file}` | {fault.what} | {found} |", flush=True)
    return bool(failed)


def run(options, folder):
    entries = faults.OWN + faults.KNOWN
    wanted = [fault for fault in entries if not options.numbers or fault.number in options.numbers]
    if unknown := set(options.numbers) - {fault.number for fault in entries}:
        raise Failed(f"expected numbers of faults, found {', '.join(map(str, sorted(unknown)))}")
    make_copy(folder, entries)
    build_copy(folder, options.jobs)
    if options.build_only:
        return
    suite = Suite(folder, options.jobs, options.limit)
    if not options.unchecked:
        check_without_fault(suite, wanted)
    # Tests of the source's text may fail in a copy, whatever is switched on.
    unwanted = "|".join(map(re.escape, suite.lit(0, "", first=False))) if options.all else None
    print("| fault | file | what it does | found by |\n| --- | --- | --- | --- |", flush=True)
    found = {fault.number: try_fault(suite, fault, unwanted) for fault in wanted}
    for name, part in (("own", faults.OWN), ("known", faults.KNOWN)):
        numbers = [fault.number for fault in part if fault.number in found]
        print(f"\n{sum(found[number] for number in numbers)} of {len(numbers)} {name} faults found")


def main():
    parser = argparse.ArgumentParser(description="Tells which faults of faults.py the suite of the last commit finds.")
    parser.add_argument("numbers", nargs="*", type=int, metavar="N", help="of the faults to try (default: all)")
    parser.add_argument("--all", action="store_true", help="run the whole suite where the nearest tests find nothing")
    parser.add_argument("--keep", type=Path, metavar="DIR",
                        help="make the copy here, keep it, and go on with one that is there (default: a temporary one)")
    parser.add_argument("--build-only", action="store_true", help="end when the copy is built")
    parser.add_argument("--unchecked", action="store_true", help="do not run the tests without a fault first")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), metavar="J",
                        help="tests and compilers at a time (default: %(default)s)")
    parser.add_argument("--limit", type=int, default=900, metavar="S",
                        help="seconds after which a run of tests counts as failed (default: %(default)s)")
    options = parser.parse_args()
    try:
        if options.keep:
            return run(options, options.keep.resolve())
        with tempfile.TemporaryDirectory(prefix="sluice-mutations-") as folder:
            return run(options, Path(folder) / "sluice")
    except (Failed, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
