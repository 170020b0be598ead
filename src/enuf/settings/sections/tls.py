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
            "`local` makes one for this machine, by a certificate authority that `enuf cert trust` lets browsers trust; "
            "`acme` orders one for the site's public names and renews it.",
            examples=["off", "local", "files", "acme"],
            extra={"flag": "--tls"},
        ),
    ] = "off"
    http: Annotated[
        Literal["auto", "off"] | typed.LinkAddress,
        Meta(
            description="Plain HTTP address that redirects to HTTPS, and answers an authority's challenges in mode `acme`. "
            "`auto`: port 80 where serve.listen has port 443, else none.",
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
            "Mode `local` puts them into the certificate, with `localhost` and 127.0.0.1; mode `acme` orders one for them.",
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

    email: Annotated[
        str,
        Meta(
            description="Address at which the authority can reach you, in mode `acme`. Let's Encrypt needs none and writes to none.",
            examples=["admin@example.com"],
        ),
    ] = ""
    directory: Annotated[
        str,
        Meta(
            description="ACME directory of the authority, in mode `acme`. Empty: Let's Encrypt. Mode `acme` agrees to the terms of "
            "the authority for you.",
            examples=["https://acme.zerossl.com/v2/DV90"],
        ),
    ] = ""
    staging: Annotated[
        bool,
        Meta(
            description="Order from Let's Encrypt's staging authority, to try things out: no browser trusts its certificates, and "
            "its rate limits are wide.",
            examples=[True],
        ),
    ] = False
    eab_kid: Annotated[
        str,
        Meta(
            description="Identifier of the key for external account binding, where the authority gives its customers one.",
            examples=["kid-1"],
        ),
    ] = ""
    eab_key: Annotated[
        str,
        Meta(
            description="The key for external account binding, in base64url. Give it in the variable ENUF_TLS_EAB_KEY or in a "
            "file that others cannot read.",
            examples=["zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"],
        ),
    ] = ""
    directory_ca: Annotated[
        str,
        Meta(
            description="File with the root certificate, PEM, of an authority of your own: tls.directory is asked over HTTPS. "
            "Empty: the roots that are trusted on the internet.",
            examples=["step-ca-root.pem"],
        ),
    ] = ""

    @property
    def on(self) -> bool:
        """True if the site is served over HTTPS."""
        return self.mode != "off"
