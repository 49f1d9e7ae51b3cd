#!/usr/bin/env python3
"""Counts the instructions of inner loops in PTX: cuda_inner_loops.py [--card=sm_80|sm_90] [--only=TEXT] FILE.

FILE is what `sluicec MODEL --target=cuda --emit=ptx -o FILE` writes. Of every kernel with a loop of mma.sync or of
fma.rn.f32 on shared memory, the innermost one with the most products is a row: what it has of instructions, which share
of them is mma.sync, ldmatrix or cp.async, and what it would take of a multiprocessor's cycles at the rates that are
published for the card:

- issue: four schedulers, an instruction of a warp each in a cycle. Instructions on 64 bits count as two, since
  registers have 32; moves between registers count as none;
- products: of tensor cores, or of FMA units;
- shared memory: 128 bytes a cycle, as if lanes that read one place read places of their own: at most so much.

The largest bounds the loop, and the products' cycles over it are the share of their rate that it can have. This is a
static model of PTX: the machine's code is another, and latencies, banks, caches and global memory are not in it.
Nothing here is measured.

Rates, multiply-adds a cycle of a multiprocessor: A100 (sm_80), 1,024 of f16 and bf16, 512 of tf32, 64 of f32 (NVIDIA,
"A100 Tensor Core GPU Architecture", 2020). H100 (sm_90), 2,048, 1,024, 128 (NVIDIA, "H100 Tensor Core GPU
Architecture", 2022), which mma.sync, unlike wgmma, does not reach (Luo et al., arXiv 2402.13499): a lower bound of its
cycles.
"""

import argparse
import re
import sys
from collections import Counter

RATES = {
    "sm_80": {"f16": 1024, "bf16": 1024, "tf32": 512, "f32": 64},
    "sm_90": {"f16": 2048, "bf16": 2048, "tf32": 1024, "f32": 128},
}
SCHEDULERS, SHARED_BYTES, LANES = 4, 128, 32

MMA = re.compile(r"mma\.sync\.aligned\.m(\d+)n(\d+)k(\d+)\.row\.col\.f32\.(\w+)\.")
# What a class has in its mnemonic; the first that fits.
CLASSES = (
    ("mma.sync", r"mma\.sync"),
    ("ldmatrix", r"ldmatrix"),
    ("wait", r"cp\.async\.(commit|wait)|bar|membar|fence"),
    ("cp.async", r"cp\.async\."),
    ("ld.shared", r"ld\.shared"),
    ("st.shared", r"st\.shared"),
    ("fma", r"fma\.rn\.f32"),
    ("global", r"(ld|st|red|atom)\.global"),
    ("convert", r"cvt\..*(f32|f16|bf16|tf32)"),
    ("move", r"mov\."),
)
COPIES = ("mma.sync", "ldmatrix", "cp.async")
COLUMNS = ("mma.sync", "ldmatrix", "cp.async", "ld.shared", "st.shared", "fma", "global", "convert", "other")


def width(mnemonic):
    """Bytes of a lane's access."""
    bits = re.search(r"\.[bufs](\d+)$", mnemonic) or re.search(r"\.bf?(16)$", mnemonic)
    vector = re.search(r"\.v(\d)", mnemonic)
    return int(bits.group(1)) // 8 * (int(vector.group(1)) if vector else 1) if bits else 4


class Instruction:
    def __init__(self, text):
        words = re.sub(r"^@!?%\w+\s+", "", text).split(None, 1)
        self.mnemonic, self.operands = words[0].rstrip(";"), words[1] if len(words) > 1 else ""
        self.kind = next((name for name, pattern in CLASSES if re.match(pattern, self.mnemonic)), "other")

    def target(self):
        """The label that a branch goes to."""
        return self.operands.rstrip("; ") if self.mnemonic.startswith("bra") else None

    def slots(self):
        """Instructions that the machine issues for it."""
        if self.kind == "move":
            return 0
        is_wide = re.match(r"(?!setp).*\.[usb]64$", self.mnemonic) and self.kind == "other"
        return 2 if is_wide else 1

    def shared_bytes(self):
        """What a warp moves to or from shared memory."""
        if self.kind == "ldmatrix":
            return LANES // 2 * 8 * int(re.search(r"\.x(\d)", self.mnemonic).group(1))
        if self.kind in ("ld.shared", "st.shared"):
            return LANES * width(self.mnemonic)
        if self.mnemonic.startswith(("cp.async.ca", "cp.async.cg")):
            return LANES * int(self.operands.split(",")[2].rstrip("; "))
        return 0

    def products(self):
        """Multiply-adds of a warp, and the type of what is multiplied."""
        if found := MMA.match(self.mnemonic):
            m, n, k, kind = found.groups()
            return int(m) * int(n) * int(k), kind
        return (LANES, "f32") if self.kind == "fma" else (0, "")


class Kernel:
    """A kernel as a list of instructions, and where its labels are among them."""

    def __init__(self, name, body):
        self.name = name
        threads = re.search(r"\.(?:maxntid|reqntid)\s+(\d+)", body)
        self.warps = -(-int(threads.group(1)) // LANES) if threads else 1
        self.instructions, self.labels = [], {}
        text = re.sub(r"//[^\n]*", "", body[body.index("{") :])
        for statement in re.split(r"(?<=;)|(?<=:)\s*\n", text):
            statement = " ".join(statement.split()).lstrip("{} ")
            while found := re.match(r"(\$?\w+):\s*", statement):
                self.labels[found.group(1)] = len(self.instructions)
                statement = statement[found.end() :]
            if statement and not statement.startswith("."):
                self.instructions.append(Instruction(statement))

    def loops(self):
        """Ranges of instructions from the target of a branch backwards to that branch, the innermost ones."""
        ranges = []
        for at, instruction in enumerate(self.instructions):
            begin = self.labels.get(instruction.target())
            if begin is not None and begin <= at:
                ranges.append((begin, at + 1))
        inner = lambda a, b: a != b and b[0] <= a[0] and a[1] <= b[1]
        return [self.instructions[b:e] for b, e in ranges if not any(inner(other, (b, e)) for other in ranges)]

    def product_loop(self):
        """The innermost loop with the most products on shared memory, or None."""
        products = lambda loop: sum(instruction.products()[0] for instruction in loop)
        reads_shared = lambda loop: any(instruction.kind in ("ldmatrix", "ld.shared") for instruction in loop)
        loops = [loop for loop in self.loops() if products(loop) >= 8 * LANES and reads_shared(loop)]
        return max(loops, key=products, default=None)


def row(kernel, loop, rates):
    counts = Counter(instruction.kind for instruction in loop)
    total = sum(counts.values()) - counts["move"]
    counts["other"] = total - sum(counts[name] for name in COLUMNS if name != "other")
    multiplied = Counter()
    for instruction in loop:
        products, kind = instruction.products()
        multiplied[kind] += products
    cycles = {
        "issue": kernel.warps * sum(instruction.slots() for instruction in loop) / SCHEDULERS,
        "products": kernel.warps * sum(products / rates[kind] for kind, products in multiplied.items() if kind),
        "shared memory": kernel.warps * sum(instruction.shared_bytes() for instruction in loop) / SHARED_BYTES,
    }
    most = max(cycles.values())
    bounds = ", ".join(name for name, value in cycles.items() if value > 0.99 * most)
    share = 100 * sum(counts[name] for name in COPIES) / total
    numbers = [str(total), *(str(counts[name]) for name in COLUMNS), f"{share:.0f} %"]
    times = [f"{value:.0f}" for value in cycles.values()]
    return [kernel.name, str(kernel.warps), *numbers, *times, bounds, f"{cycles['products'] / most:.2f}"]


def kernels(text):
    for part in re.split(r"(?=\.visible \.entry )", text)[1:]:
        name = re.match(r"\.visible \.entry ([\w$]+)", part).group(1)
        end = part.find("\n}")
        yield Kernel(name, part[: end if end > 0 else None])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="PTX")
    parser.add_argument("--card", choices=RATES, default="sm_80", help="whose rates (default sm_80)")
    parser.add_argument("--only", default="", help="kernels whose name holds this text")
    arguments = parser.parse_args()
    with open(arguments.file) as file:
        found = [(kernel, kernel.product_loop()) for kernel in kernels(file.read()) if arguments.only in kernel.name]
    rows = [row(kernel, loop, RATES[arguments.card]) for kernel, loop in found if loop]
    if not rows:
        sys.exit(f"{arguments.file}: expected kernels with a loop of products, found none")
    print(f"A static model of PTX at published rates of {arguments.card}, nothing measured. Instructions of a warp in")
    print("an iteration of the inner loop, and cycles of a multiprocessor for a block's iteration:\n")
    heads = ["kernel", "warps", "all", *COLUMNS, "mma.sync, ldmatrix, cp.async"]
    heads += ["issue", "products", "shared memory", "bound", "products over it"]
    for cells in [heads, ["---"] * len(heads), *rows]:
        print("| " + " | ".join(cells) + " |")


main()
