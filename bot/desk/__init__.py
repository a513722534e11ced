"""What stands behind the dashboard: who may see what, what they see, and what they may change."""

from bot.desk.desk import HouseDesk

__all__ = ["HouseDesk"]
