"""The built-in stand-in for Venice: keyless runs talk to it, and so do the tests."""

from bot.demo.faults import Fault, FaultScript
from bot.demo.server import DemoVenice
from bot.demo.state import RecordedRequest, Upload

__all__ = ["DemoVenice", "Fault", "FaultScript", "RecordedRequest", "Upload"]
