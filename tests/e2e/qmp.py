# qmp.py - give a QEMU commands: SOCKET 'COMMAND [JSON ARGUMENTS]'...
# Prints each answer; fails when one is an error.
import json
import socket
import sys

sock = socket.socket(socket.AF_UNIX)
sock.settimeout(60)
sock.connect(sys.argv[1])
stream = sock.makefile("rw")
stream.readline()


def execute(name, arguments):
    command = {"execute": name}
    if arguments:
        command["arguments"] = json.loads(arguments)
    stream.write(json.dumps(command) + "\n")
    stream.flush()
    while True:
        line = stream.readline()
        if not line:
            # The answer to `quit` may be lost with the machine.
            sys.exit(0 if name == "quit" else 1)
        answer = json.loads(line)
        if "return" in answer or "error" in answer:
            return answer


execute("qmp_capabilities", None)
for argument in sys.argv[2:]:
    name, _, rest = argument.partition(" ")
    answer = execute(name, rest)
    print(json.dumps(answer))
    if "error" in answer:
        sys.exit(1)
