"""Stops runs and checks their exit codes and checkpoints: stop-run.py PROGRAM DATA FOLDER WAY...

A way is a signal, or what happens to the run's standard output: its terminal is closed, the reader of its pipe is gone,
its disk is full. Or the data are cut short.
"""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time

program, data, folder = sys.argv[1:4]


def start(way, steps, **streams):
    checkpoint = f"{folder}/{way}"
    arguments = [f"--data={data}", f"--steps={steps}", f"--checkpoint-dir={checkpoint}", f"--log={checkpoint}.jsonl"]
    arguments += ["--val-fraction=0", "--threads=1", "--lr-schedule=constant"]
    # Who runs this may ignore the signal, as nohup does.
    streams.setdefault("preexec_fn", lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL))
    run = subprocess.Popen([program, "train", *arguments], stderr=subprocess.PIPE, text=True, **streams)
    return run, checkpoint


def wait_for_steps(checkpoint):
    while not os.path.exists(checkpoint + ".jsonl") or os.path.getsize(checkpoint + ".jsonl") == 0:
        time.sleep(0.01)


def check(way, run, checkpoint, code, error=""):
    errors = run.communicate(timeout=60)[1]
    assert run.returncode == code, f"{way}: expected exit code {code}, found {run.returncode}: {errors}"
    assert error in errors, f"{way}: {errors}"
    step = json.load(open(checkpoint + "/checkpoint.json"))["step"]
    logged = [json.loads(line)["step"] for line in open(checkpoint + ".jsonl")]
    assert logged == list(range(step)), f"{way}: the checkpoint is of step {step}, the log of {logged[-1] + 1} steps"
    return step


for way in sys.argv[4:]:
    if way in ("INT", "HUP", "TERM"):
        run, checkpoint = start(way, 1000000, stdout=subprocess.DEVNULL)
        wait_for_steps(checkpoint)
        run.send_signal(getattr(signal, "SIG" + way))
        if way == "HUP":
            run.send_signal(signal.SIGHUP)
        assert check(way, run, checkpoint, 128 + getattr(signal, "SIG" + way)) < 1000000
    elif way == "NOHUP":
        ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        run, checkpoint = start(way, 400, stdout=subprocess.DEVNULL, preexec_fn=ignore)
        wait_for_steps(checkpoint)
        run.send_signal(signal.SIGHUP)
        assert check(way, run, checkpoint, 0) == 400
    elif way == "TERMINAL":
        # Without a session of its own the run gets no SIGHUP: its writes fail.
        terminal, end = os.openpty()
        run, checkpoint = start(way, 1000000, stdout=end)
        os.close(end)
        wait_for_steps(checkpoint)
        os.close(terminal)
        assert check(way, run, checkpoint, 128 + signal.SIGHUP) < 1000000
    elif way == "PIPE":
        reader, end = os.pipe()
        run, checkpoint = start(way, 20000, stdout=end)
        os.close(end)
        os.read(reader, 1)
        os.close(reader)
        assert check(way, run, checkpoint, 128 + signal.SIGPIPE) < 20000
    elif way == "FULL":
        # Where it is full from the start nothing is trained for nothing.
        run, checkpoint = start("EARLY", 20, stdout=open("/dev/full", "w"))
        errors = run.communicate(timeout=60)[1]
        assert run.returncode == 1 and "No space left on device" in errors, errors
        assert not os.path.exists(checkpoint)
        # Where it fills up, the run is made and then told. A pipe that nobody reads has room for a few lines.
        reader, end = os.pipe()
        size = fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(end, False)
        os.write(end, b"x" * (size - 300))
        run, checkpoint = start(way, 400, stdout=end)
        os.close(end)
        assert check(way, run, checkpoint, 1, "cannot write to the standard output: Resource temporarily") == 400
    elif way == "SHRINK":
        # Data that end before what they were when the run began.
        data = f"{folder}/shrinking"
        shutil.copy(sys.argv[2], data)
        run, checkpoint = start(way, 1000000, stdout=subprocess.DEVNULL)
        wait_for_steps(checkpoint)
        os.truncate(data, 40)
        assert check(way, run, checkpoint, 1, "shrinking") < 1000000
    else:
        raise ValueError(way)
