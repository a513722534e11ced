"""Prometheus' text format, version 0.0.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Sample = tuple[Mapping[str, str], float]
"""Labels and a value."""


class Exposition:
    """Families of samples, one after the other."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def gauge(self, name: str, explains: str, samples: Iterable[Sample] | float) -> None:
        """Something that goes up and down."""
        self._family(name, "gauge", explains, samples)

    def counter(self, name: str, explains: str, samples: Iterable[Sample] | float) -> None:
        """Something that only grows; its name ends in _total."""
        self._family(name, "counter", explains, samples)

    def text(self) -> str:
        """Everything."""
        return "\n".join(self._lines) + "\n"

    def _family(self, name: str, kind: str, explains: str, samples: Iterable[Sample] | float) -> None:
        self._lines += [f"# HELP {name} {_escaped(explains, quotes=False)}", f"# TYPE {name} {kind}"]
        found: Iterable[Sample] = [({}, samples)] if isinstance(samples, int | float) else samples
        self._lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in found]


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str, *, quotes: bool = True) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
