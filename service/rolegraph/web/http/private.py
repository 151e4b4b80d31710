"""What is posted in confidence: nothing of it is stored, cached or logged."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from rolegraph.errors import RolegraphError

Arguments = ParamSpec("Arguments")


def install(routes: Blueprint) -> None:
    """Forbid to cache the answers to what is posted to these routes."""
    routes.after_request(_forget)


def unlogged(view: Callable[Arguments, Response]) -> Callable[Arguments, Response]:
    """Keep what was posted out of the log, even where a fault is logged that quotes it."""

    @wraps(view)
    def answer(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Response:
        try:
            return view(*args, **kwargs)
        except (RolegraphError, HTTPException):
            raise
        except Exception as error:  # noqa: BLE001 - what is logged of it may not hold a part of the body
            raise RuntimeError(type(error).__name__).with_traceback(error.__traceback__) from None

    return answer


def _forget(response: Response) -> Response:
    if request.method == "POST":
        response.headers["Cache-Control"] = "no-store"
    return response
