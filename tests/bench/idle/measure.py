"""What the program costs a machine: its first words, and when nothing happens.

See README.md for how to run it and for its table.
"""

import argparse
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import fcntl

SIZE = struct.pack("HHHH", 24, 80, 0, 0)
ENVIRONMENT = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "COLORTERM": "truecolor"}


class Terminal:
    """A pty with a program in it; it answers nothing unless it is told to."""

    def __init__(self, words, answers=False):
        self.folder = tempfile.TemporaryDirectory()
        self.answers, self.shown = answers, b""
        self.begun = time.perf_counter()
        self.pid, self.device = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, SIZE)
            os.chdir(self.folder.name)
            os.execvpe(words[0], words, {**ENVIRONMENT, "HOME": self.folder.name})

    def follow(self, seconds, until=None):
        """Reads what comes; how long it took until this was shown."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if not select.select([self.device], [], [], left)[0]:
                break
            try:
                read = os.read(self.device, 65536)
            except OSError:
                break
            self.shown += read
            if self.answers:
                os.write(self.device, b"\x1b[0n" * read.count(b"\x1b[5n"))
            if until and until in self.shown:
                return time.perf_counter() - self.begun
        return None

    def press(self, keys):
        os.write(self.device, keys.encode())

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.device)
        self.folder.cleanup()


def first_paint(words, until):
    """The middle of some times from the program's start to its first words, in milliseconds."""
    times = []
    for _ in range(21):
        terminal = Terminal(words)
        times.append(terminal.follow(5, until))
        terminal.close()
    return sorted(times)[len(times) // 2] * 1e3


def idle(words, keys, seconds):
    """System calls a second, the most frequent of them, CPU time, and memory in use."""
    terminal = Terminal(words, answers=True)
    terminal.follow(4)
    for key in keys:
        terminal.press(key)
        terminal.follow(2)
    log = pathlib.Path(terminal.folder.name) / "strace"
    before = ticks(terminal.pid), switches(terminal.pid)
    terminal.follow(seconds)
    used, woken = ticks(terminal.pid) - before[0], switches(terminal.pid) - before[1]
    status = pathlib.Path(f"/proc/{terminal.pid}/status").read_text()
    memory = int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024
    tracer = subprocess.Popen(["strace", "-f", "-q", "-o", str(log), "-p", str(terminal.pid)],
                              stderr=subprocess.DEVNULL)
    terminal.follow(1)
    begun = log.read_text().count("\n")
    terminal.follow(seconds)
    calls = log.read_text().splitlines()[begun:]
    tracer.send_signal(signal.SIGINT)
    tracer.wait()
    terminal.close()
    names = {}
    for line in calls:
        name = re.sub(r"\d+ +(<\.\.\. )?", "", line).split("(")[0].split(" ")[0]
        names[name] = names.get(name, 0) + 1
    often = sorted(names.items(), key=lambda item: -item[1])[:4]
    return len(calls) / seconds, woken / seconds, used, memory, often


def ticks(pid):
    """CPU time in milliseconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def switches(pid):
    """How often its threads went to sleep: as often as they were woken."""
    count = 0
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        status = (thread / "status").read_text()
        count += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", status, re.M)[1])
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--bench", required=True, help="the benchmark's binary")
    parser.add_argument("--clip", help="a file of raw frames of 80 by 44 pixels")
    parser.add_argument("--seconds", type=int, default=10)
    given = parser.parse_args()
    # Each is started in a folder of its own.
    given.program, given.bench = map(os.path.abspath, (given.program, given.bench))
    room = [given.program, "--listen", "127.0.0.1:0", "--no-lan", "--name", "Ann"]
    test = [*room, "--camera", "test"]
    print(f"first words, nothing answered: {first_paint(test, b'peersnap'):.0f} ms")
    if given.clip:
        plain = [given.bench, "draw-live", given.clip, "80", "44", "ratatui"]
        print(f"  of a loop of ratatui alone: {first_paint(plain, b'keys'):.0f} ms")
    print(f"\n{'':32} {'calls/s':>8} {'wakes/s':>8} {'CPU ms':>7} {'MB':>6}")
    for what, words, keys in [("preview of the test card", test, []),
                              ("no camera", [*room, "--camera", "/nowhere"], []),
                              ("a photo is held", test, ["s"]),
                              ("help is open", test, ["?"])]:
        calls, woken, used, memory, often = idle(words, keys, given.seconds)
        print(f"{what:32} {calls:8.1f} {woken:8.1f} {used:7.0f} {memory:6.1f}",
              ", ".join(f"{name} {count}" for name, count in often), flush=True)


if __name__ == "__main__":
    main()
