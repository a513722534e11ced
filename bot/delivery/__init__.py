"""Reply events become the fewest platform calls the limits allow (see answer.py)."""

from bot.delivery.answer import Answer
from bot.delivery.delivered import Delivered
from bot.delivery.delivery import Delivery

__all__ = ["Answer", "Delivered", "Delivery"]
