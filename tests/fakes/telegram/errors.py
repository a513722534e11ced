"""The refusals of the Bot API, with its own texts."""

from tests.fakes.telegram.shapes import JsonObject


class ApiError(Exception):
    """A refused call: HTTP status, description as Telegram words it, and optional `parameters`."""

    def __init__(self, status: int, description: str, parameters: JsonObject | None = None) -> None:
        super().__init__(f"{status} {description}")
        self.status = status
        self.description = description
        self.parameters = parameters

    def body(self) -> JsonObject:
        """The JSON answer."""
        answer: JsonObject = {"ok": False, "error_code": self.status, "description": self.description}
        if self.parameters:
            answer["parameters"] = self.parameters
        return answer


def bad_request(text: str, parameters: JsonObject | None = None) -> ApiError:
    """400 with the prefix Telegram puts before every such text."""
    return ApiError(400, f"Bad Request: {text}", parameters)


def forbidden(text: str) -> ApiError:
    """403."""
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    """409."""
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(seconds: int) -> ApiError:
    """429; `seconds` goes into the text and into parameters.retry_after."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
