"""Log lines on standard error: text for people, JSON for machines. One line each, whatever a stranger's page holds."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

# The last two ranges write what follows from the other side: a name that ends in "exe" seems to end in "pdf".
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]+")
_USERINFO = re.compile(r"(https?://)[^/\s@]+@")
_OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}


def one_line(text: str) -> str:
    """The text without line breaks, terminal sequences or credentials in addresses."""
    return _USERINFO.sub(r"\1***@", harmless(text)).strip()


def harmless(text: str) -> str:
    """The text with a space for each character that a terminal would obey."""
    return _CONTROL.sub(" ", text)


def escaped(line: str) -> str:
    """A line of JSON with an escape for each such character: it says the same."""
    return _CONTROL.sub(lambda found: "".join(f"\\u{ord(char):04x}" for char in found[0]), line)


class _Lines(logging.Formatter):
    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        facts = {key: value for key, value in record.__dict__.items() if key not in _OWN}
        message = one_line(record.getMessage())
        if record.exc_info:
            facts["traceback"] = self.formatException(record.exc_info)
        at = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        level = record.levelname.lower()
        if self._as_json:
            plain = {key: one_line(value) if isinstance(value, str) else value for key, value in facts.items()}
            return json.dumps({"at": at, "level": level, "event": message, **plain}, default=str, ensure_ascii=False)
        pairs = " ".join(f"{key}={one_line(str(value))}" for key, value in facts.items() if value not in ("", None))
        return f"{at} {level:<7} {message} {pairs}".rstrip()


def set_up(form: str, level: int) -> None:
    """Send Dateline's log to standard error in this form; libraries speak only of errors."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines(form == "json"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.ERROR)
    logging.getLogger("dateline").setLevel(level)
