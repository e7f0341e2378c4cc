"""A transport that forgets our keys: some upstreams send back what they were sent, in an error's words or in a page.

An answer is stored and shown in many places: as a body, as a failure's message, in a traceback. So a key is taken out
here, before anybody sees the answer; one that holds no key passes as it was received.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from mwi_crawl.fetch import Transport
from mwi_crawl.model import Response
from mwi_crawl.redact import MASK, SHORTEST, encodings


class Discreet:
    """Another transport, with `***` for the secrets in its answers."""

    def __init__(self, transport: Transport, secrets: Iterable[str]) -> None:
        self._transport = transport
        known = {form for secret in secrets if len(secret) >= SHORTEST for form in encodings(secret)}
        self._forms = sorted(known, key=len, reverse=True)
        self._in_bodies = [form.encode("utf-8", "surrogatepass") for form in self._forms]

    async def send(self, url: str, headers: Mapping[str, str]) -> Response:
        """See Transport."""
        answer = await self._transport.send(url, headers)
        if not self._forms:
            return answer
        own = "\n".join(answer.headers.values())
        if any(form in own for form in self._forms) or any(form in answer.body for form in self._in_bodies):
            return self._masked(answer)
        return answer

    async def close(self) -> None:
        """See Transport."""
        await self._transport.close()

    def _masked(self, answer: Response) -> Response:
        headers, body = dict(answer.headers), answer.body
        for form, in_body in zip(self._forms, self._in_bodies, strict=True):
            headers = {name: value.replace(form, MASK) for name, value in headers.items()}
            body = body.replace(in_body, MASK.encode())
        return replace(answer, headers=headers, body=body)
