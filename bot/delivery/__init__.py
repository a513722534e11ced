"""Reply events become the fewest platform calls the limits allow (see answer.py)."""

from bot.delivery.answer import Answer
from bot.delivery.delivered import Delivered
from bot.delivery.delivery import Delivery
from bot.delivery.style import Streaming, Style

__all__ = ["Answer", "Delivered", "Delivery", "Streaming", "Style"]
