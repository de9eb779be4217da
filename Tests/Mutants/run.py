#!/usr/bin/env python3
"""Builds focalcheck once with every mutant of mutants.toml inside, and runs the tests against each of them.

A mutant is an expression or a statement of the sources with a fault in it. The copy under .build/mutants holds both texts,
and the environment variable FOCALCHECK_MUTANT says which mutant a process runs; the sources themselves stay as they are.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / ".build" / "mutants"
VARIABLE = "FOCALCHECK_MUTANT"

# Each in a process of its own: those of the mutant's module first, quick ones before slow ones. A mutant is done with at
# the first that fails.
SUITES = [
    "^(ComparisonTests|TensorsTests)[.]",
    "^ConformanceTests[.](Ledger|Baseline)",
    "^ConformanceTests[.](Judge|DerivedVerdict|Runner|Nonconformance)",
    "^ArithmeticTests[.]",
    "^ConformanceTests[.](Hazard|Explanation|Fixture)",
    "^ConformanceTests[.]SelfTest",
    "^ConformanceTests[.]Upgrade",
    "^CommandLineTests[.]",
    "^FocalLossTests[.]",
]
DEADLINE = 300

ACTIVE = """#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The number of the mutant that this process runs; 0 for none.
@usableFromInline
let activeMutant = getenv("FOCALCHECK_MUTANT").flatMap { Int(String(cString: $0)) } ?? 0
"""


@dataclass(frozen=True)
class Mutant:
    """One fault: in `file`, `original` becomes `mutated`, at its only place in `context`."""

    number: int
    name: str
    file: str
    context: str
    original: str
    mutated: str
    is_statement: bool
    explanation: str


@dataclass(frozen=True)
class Outcome:
    """What the tests made of a mutant: the suite that failed, or none."""

    mutant: Mutant
    killer: str | None
    seconds: float


def read() -> list[Mutant]:
    """The list of mutants; each name is there once."""
    entries = tomllib.loads((Path(__file__).parent / "mutants.toml").read_text())["mutant"]
    names = [entry["name"] for entry in entries]
    for name in names:
        if names.count(name) > 1:
            sys.exit(f"mutants.toml: the name {name!r} is there twice")
    return [
        Mutant(
            number,
            entry["name"],
            entry["file"],
            entry.get("context", entry["original"]),
            entry["original"],
            entry["mutated"],
            entry.get("statement", False),
            entry.get("explanation", ""),
        )
        for number, entry in enumerate(entries, 1)
    ]


def place(mutant: Mutant, text: str) -> tuple[int, int]:
    """Where the original is in its file.

    Exits where it is not there exactly once.
    """
    for inner, outer, outer_name in [
        (mutant.context, text, mutant.file),
        (mutant.original, mutant.context, "its context"),
    ]:
        if (count := outer.count(inner)) != 1:
            sys.exit(
                f"mutant {mutant.name!r}: the text {inner!r} is {count} times in {outer_name}, not once"
            )
    start = text.index(mutant.context) + mutant.context.index(mutant.original)
    return start, start + len(mutant.original)


def mutated(text: str, mutants: list[Mutant]) -> str:
    """A file with all of its mutants inside."""
    places: dict[tuple[int, int], list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        places[place(mutant, text)].append(mutant)
    previous_start = len(text)
    for start, end in sorted(places, reverse=True):
        group = places[start, end]
        if end > previous_start:
            sys.exit(f"mutant {group[0].name!r} overlaps the one behind it")
        previous_start = start
        replacement = text[start:end]
        if group[0].is_statement:
            for mutant in group:
                replacement = f"if activeMutant == {mutant.number} {{ {mutant.mutated} }} else {{ {replacement} }}"
        else:
            for mutant in group:
                replacement = (
                    f"(activeMutant == {mutant.number} ? ({mutant.mutated}) : ({replacement}))"
                )
        text = text[:start] + replacement + text[end:]
    return text


def write(path: Path, text: str) -> None:
    """Writes a file unless that is what it holds, so that nothing is built again in vain."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def generate(mutants: list[Mutant]) -> None:
    """Writes the copy of the package."""
    by_file: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        by_file[mutant.file].append(mutant)
    kept: set[Path] = set()
    for folder in ["Sources", "Tests"]:
        for source in sorted((ROOT / folder).rglob("*")):
            if not source.is_file() or source.is_relative_to(Path(__file__).parent):
                continue
            name = str(source.relative_to(ROOT))
            kept.add(COPY / name)
            if source.suffix == ".swift":
                write(COPY / name, mutated(source.read_text(), by_file.pop(name, [])))
            else:
                (COPY / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, COPY / name)
    if by_file:
        sys.exit(f"mutants.toml: there is no file {min(by_file)}")
    for module in {Path(mutant.file).parts[1] for mutant in mutants}:
        active = COPY / "Sources" / module / "ActiveMutant.swift"
        kept.add(active)
        write(active, ACTIVE)
    for folder in ["Sources", "Tests"]:
        for path in (COPY / folder).rglob("*.swift"):
            if path not in kept:
                path.unlink()
    for name in ["Package.swift", "Package.resolved"]:
        write(COPY / name, (ROOT / name).read_text())
    for name in ["fixtures", "reports", "examples"]:
        if not (COPY / name).is_symlink():
            (COPY / name).symlink_to(ROOT / name)


def build() -> Path:
    """Builds the tests of the copy, and says where they are."""
    command = ["swift", "build", "--package-path", str(COPY)]
    if subprocess.run([*command, "--build-tests", "-q"], check=False).returncode:
        sys.exit("the mutants cannot be built")
    shown = subprocess.run(
        [*command, "--show-bin-path"], check=True, capture_output=True, text=True
    )
    return Path(shown.stdout.strip()) / "focalcheckPackageTests.xctest"


def passes(tests: Path, suite: str, number: int) -> bool:
    """Whether the tests of a suite pass with a mutant; a crash and a hang are failures."""
    try:
        result = subprocess.run(
            [str(tests), "--testing-library", "swift-testing", "--filter", suite],
            env={**os.environ, VARIABLE: str(number), "SWIFT_BACKTRACE": "enable=no"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return result.returncode == 0


def judge(tests: Path, mutant: Mutant) -> Outcome:
    """Runs suite after suite until one fails."""
    start = time.monotonic()
    own = Path(mutant.file).parts[1] + "Tests"
    suites = sorted(SUITES, key=lambda suite: own not in suite)
    killer = next((suite for suite in suites if not passes(tests, suite, mutant.number)), None)
    outcome = Outcome(mutant, killer, time.monotonic() - start)
    print(row(outcome), flush=True)
    return outcome


def row(outcome: Outcome) -> str:
    """One line of the table."""
    verdict = "survived" if outcome.killer is None else "killed"
    file = outcome.mutant.file.removeprefix("Sources/")
    return f"{outcome.mutant.number:4}  {verdict:8}  {outcome.seconds:6.1f} s  {file:46}  {outcome.mutant.name}"


def report(outcomes: list[Outcome]) -> int:
    """Prints counts and survivors; 1 when too few are killed, or a survivor is not explained, or an explanation is stale."""
    survivors = [outcome.mutant for outcome in outcomes if outcome.killer is None]
    killed = len(outcomes) - len(survivors)
    share = killed / max(len(outcomes), 1)
    print(f"\n{len(outcomes)} mutants, {killed} killed ({share:.1%}), {len(survivors)} survived")
    for suite in SUITES:
        print(f"{sum(outcome.killer == suite for outcome in outcomes):6} killed by {suite}")
    for mutant in survivors:
        print(f"\nSurvived: {mutant.name}\n  {mutant.explanation or 'without an explanation'}")
    stale = [
        outcome.mutant for outcome in outcomes if outcome.killer and outcome.mutant.explanation
    ]
    for mutant in stale:
        print(f"\nKilled, and explained as a survivor: {mutant.name}")
    return int(share < 0.95 or bool(stale) or any(not mutant.explanation for mutant in survivors))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", help="parts of the names of the mutants to run; all when none is given"
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="how many run at once"
    )
    parser.add_argument(
        "--generate-only", action="store_true", help="write the copy, and check the list with that"
    )
    arguments = parser.parse_args()
    mutants = read()
    generate(mutants)
    if arguments.generate_only:
        return 0
    print(f"Building {len(mutants)} mutants at once", flush=True)
    tests = build()
    for suite in SUITES:
        if not passes(tests, suite, 0):
            sys.exit(f"the tests {suite} fail without a mutant")
    chosen = [
        m for m in mutants if not arguments.names or any(part in m.name for part in arguments.names)
    ]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        return report(list(pool.map(lambda mutant: judge(tests, mutant), chosen)))


if __name__ == "__main__":
    sys.exit(main())
