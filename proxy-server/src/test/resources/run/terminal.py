"""Runs a command on a terminal of its own, types Ctrl-C when the marker has come, and prints what was shown, then the exit status.

usage: terminal.py MARKER COMMAND ARG...
"""
import os
import pty
import select
import sys
import time

marker, command = sys.argv[1].encode(), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
shown, typed, deadline = b"", False, time.monotonic() + 60
while time.monotonic() < deadline:
    if select.select([terminal], [], [], 0.1)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says so when the last process has closed the terminal
            break
        if not piece:
            break
        shown += piece
    if not typed and marker and marker in shown:
        os.write(terminal, b"\x03")
        typed = True
else:
    os.kill(pid, 9)
status = os.waitpid(pid, 0)[1]
sys.stdout.write(shown.decode("utf-8", "replace"))
print("\nEXIT %d" % (os.waitstatus_to_exitcode(status)))
