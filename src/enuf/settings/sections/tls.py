"""The settings of [tls]."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from enuf.settings import typed


class Tls(Struct, frozen=True, kw_only=True):
    """HTTPS: with a mode other than `off`, serve.listen is the HTTPS address."""

    mode: Annotated[
        Literal["off", "local", "files", "acme"],
        Meta(
            description="Where the certificate comes from. `off` is plain HTTP; `files` takes tls.certificate and tls.key; "
            "`local` makes one for this machine, by a certificate authority that `enuf cert trust` lets browsers trust.",
            examples=["off", "local", "files"],
            extra={"flag": "--tls"},
        ),
    ] = "off"
    http: Annotated[
        Literal["auto", "off"] | typed.LinkAddress,
        Meta(
            description="Plain HTTP address that redirects to HTTPS. `auto`: port 80 where serve.listen has port 443, else none.",
            examples=["auto", "off", "0.0.0.0:80"],
        ),
    ] = "auto"
    certificate: Annotated[
        str,
        Meta(
            description="File with the certificate and its chain, PEM, the site's own first. With tls.key beside it, "
            "tls.mode is `files` unless it is set. A renewed file is served by itself.",
            examples=["/etc/letsencrypt/live/example.com/fullchain.pem"],
        ),
    ] = ""
    key: Annotated[
        str,
        Meta(
            description="File with the private key, PEM, without a passphrase. A key that root alone can read needs a start as "
            "root; servers that run as another user get a private copy.",
            examples=["/etc/letsencrypt/live/example.com/privkey.pem"],
        ),
    ] = ""
    names: Annotated[
        tuple[typed.Host, ...],
        Meta(
            description="Names that the certificate must be valid for, beside serve.hosts. "
            "Mode `local` puts them into the certificate, with `localhost` and 127.0.0.1.",
            examples=[["shop.test"]],
        ),
    ] = ()
    hsts: Annotated[
        typed.Time | None,
        Meta(
            ge=1,
            multiple_of=1,
            description="How long browsers shall use nothing but HTTPS for this site, also when a visitor types http:// or the "
            "certificate is bad (Strict-Transport-Security). It cannot be taken back sooner.",
            examples=["off", "5m", "365d"],
        ),
    ] = None

    @property
    def on(self) -> bool:
        """True if the site is served over HTTPS."""
        return self.mode != "off"
