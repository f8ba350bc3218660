"""Runs Hearthside commands in a process from which nothing can reach beyond this machine: whoever tries is named.

Python's audit hooks see every connection and every look-up that Python code makes, whatever module it was imported
through. Native code that honours a proxy is caught by the proxy that the test sets.
"""

import ipaddress
import sys
import traceback

EVENTS = frozenset(
    {
        "socket.connect",
        "socket.sendto",
        "socket.sendmsg",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
    }
)


class CalledHome(BaseException):
    """Not an Exception, so that nothing swallows it on the way."""


def watch(event: str, arguments: tuple[object, ...]) -> None:
    if event in EVENTS and not _is_local(event, arguments):
        sys.stderr.write(f"CALLED HOME: {event} {arguments[-5:]}\n{''.join(traceback.format_stack(limit=12))}\n")
        sys.stderr.flush()
        raise CalledHome(f"{event} {arguments}")


def _is_local(event: str, arguments: tuple[object, ...]) -> bool:
    address = arguments[0] if event.startswith("socket.get") else arguments[-1]
    host = address[0] if isinstance(address, tuple) else address
    if host is None or (event == "socket.sendmsg" and not isinstance(address, tuple)):
        return True  # no address of its own: over a connection that was allowed
    if not isinstance(host, str) or host.startswith("/"):
        return True  # a Unix socket
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main(commands: list[str]) -> None:
    """Run the commands, each a line of words separated by tabs, and say what each ended with."""
    from ui import cli

    for command in commands:
        sys.argv = ["hearthside", *command.split("\t")]
        code: object = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code
        sys.stderr.write(f"{sys.argv[1]} ended with {code}\n")


if __name__ == "__main__":
    sys.addaudithook(watch)
    main(sys.argv[1:])
