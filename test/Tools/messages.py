"""Input that would make long messages, or messages that are no text; every tool is asked, and so is a program."""

import json
import subprocess

base = json.load(open("layers.json"))


def check(command, rc=(1, 2)):
    result = subprocess.run(command, capture_output=True)
    text = result.stderr.decode("utf-8")  # fails where it is none
    assert result.returncode in rc, (command[0], result.returncode, text[:500])
    assert 0 < len(text.rstrip("\n")) <= 2000, (command[0], len(text))
    assert not any(ord(c) < 32 and c not in "\n\t" for c in text), text[:500]
    return text


def write(name, content):
    open(name, "wb").write(content if isinstance(content, bytes) else content.encode())


write("deep.json", "[" * 200000)
write("deep-object.json", '{"a":' * 100000)
write("latin.json", '{"name": "caf\u00e9", "dimensions": 1}'.encode("latin-1"))
write("key.json", json.dumps({**base, "k" * 100000: 1}))
write("value.json", json.dumps({**base, "tokenizer": "\u00e9" * 100000}))
write("elf.json", bytes(range(256)) * 100)
write("one-line.json", json.dumps({**base, "comment": "c" * 100000, "objective": 1}))
write("many.json", json.dumps({"model_type": "gpt2", **{f"unknown{i}": i for i in range(10000)}}))
write("bad.mlir", b"module { " + b"\xff" * 5000)
for name in ("deep", "deep-object", "latin", "key", "value", "elf", "one-line"):
    for tool in (["sluice-opt"], ["sluicec", "-o", "out"], ["sluice-run", "--function=eval"], ["sluice-compare"]):
        check(tool + [name + ".json"])
check(["sluicec", "-o", "graph.mlir", "--emit=graph", "many.json"], rc=(0,))
check(["sluicec", "-o", "out.exe", "bad.mlir"])
check(["sluice-run", "--function=eval", "bad.mlir"])

bad = b"\xff\xfe\x1b[31m" + b"x" * 5000
for tool in ("sluicec", "sluice-run", "sluice-compare"):
    check([tool, bad])
    check([tool, b"--" + bad])
for flag in ("--batch", "--cpu", "--optimizer", "--technique", "--layer-drop", "--standardization-loss", "--compute",
             "--load-pass-plugin", "--tune-cache", "--emit"):
    check(["sluicec", "layers.json", "-o", "out.exe", flag.encode() + b"=" + bad])
check(["sluicec", "layers.json", "-o", b"no/" + bad])
check(["sluice-compare", b"--data=" + bad, "layers.json"])

# An empty value is an error for every flag, as is an empty argument behind one. --help lists them.
for tool in ("sluicec", "sluice-run", "sluice-compare"):
    help_text = subprocess.run([tool, "--help"], capture_output=True, text=True).stdout
    flags = [line.split()[0].split("=")[0] for line in help_text.splitlines() if line.strip().startswith("-")]
    flags = [f for f in flags if "help" not in f and f.startswith("-") and f != "-"]
    assert len(flags) >= 6, flags
    for flag in flags[:40]:
        text = check([tool, "layers.json", flag + "=", "--version"], rc=(2,))
        assert text.startswith(f"{tool}: error: expected {flag}="), text
    text = check([tool, "layers.json", flags[0], "", "--version"], rc=(2,))
    assert ", found ''" in text, text

subprocess.run(["sluicec", "layers.json", "--batch=1", "-o", "train"], check=True)
for verb in ("train", "eval", "generate", "export", "info", "bench"):
    help_text = subprocess.run(["./train", verb, "--help"], capture_output=True, text=True).stdout
    flags = [word for line in help_text.splitlines() for word in line.split()[:1] if word.startswith("--")]
    flags = [flag.rstrip(",") for flag in flags if "help" not in flag]
    for flag in flags:
        for arguments in ([flag + "=", "--quiet"], [flag, ""]):
            text = check(["./train", verb, *arguments], rc=(2,))
            assert text.startswith(f"error: {flag}: expected a value"), text
for arguments in (["train", b"--data=" + bad], [bad], ["train", b"--" + bad], ["eval", b"--init=" + bad],
                  ["train", b"--data=layers.json", b"--set", bad, "--steps=1"],
                  ["train", b"--data=layers.json", b"--steps=" + bad], ["generate", b"--prompt-tokens=" + bad]):
    check(["./train", *arguments])
