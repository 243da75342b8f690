"""One small function for each kind of channel: it gives a message the form that is read there, and sends it."""

from __future__ import annotations

import base64
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from pipelines.lifecycle.alerts import outside
from pipelines.lifecycle.alerts.messages import Message
from pipelines.models import AlertChannel, Shop
from pipelines.shopify import vault
from pipelines.shopify.admin_api import AdminApi
from pipelines.shopify.errors import ShopifyError

Kind = AlertChannel.Kind
TARGET, SECRET = "alert target", "alert secret"
SECRET_BYTES = 24
FLOW_HANDLE, LOST_HANDLE = "model-alert", "checkout-likely-lost"
JSON = {"Content-Type": "application/json", "User-Agent": "shopmlops-alerts"}
GONE = 410
NO_MAIL = "E-mail is not set up in this app. Its operator has to name a mail server."


@dataclass(frozen=True)
class Outcome:
    """What came of one try: whether it arrived, what the other side answered, and whether another try can help."""

    arrived: bool
    code: int | None = None
    problem: str = ""
    again: bool = True


Send = Callable[[AlertChannel, Message], Outcome]


def email(channel: AlertChannel, message: Message) -> Outcome:
    """Send a plain letter."""
    if not settings.MAIL_WORKS:
        return Outcome(False, problem=NO_MAIL)
    subject = " ".join(f"{message.name}: {message.headline}".split())
    footer = "You get this because somebody of your shop asked for it, on the Alerts page of the app."
    text = "\n\n".join([message.headline, *message.lines, message.url, f"-- \n{footer}"])
    headers = {"Message-ID": f"<{message.id}.{message.what}@{message.shop}>", "Auto-Submitted": "auto-generated"}
    letter = EmailMessage(subject[:200], text, to=[target_of(channel)], headers=headers)
    if message.attached:
        letter.attach(*message.attached, "application/pdf")
    try:
        letter.send()
    except (SMTPException, OSError) as trouble:
        code = getattr(trouble, "smtp_code", None)
        return Outcome(False, code, "The mail server did not take it.")
    return Outcome(True)


def slack(channel: AlertChannel, message: Message) -> Outcome:
    """Send what Slack, and what speaks as Slack does, shows."""
    head, *lines = (escaped(line) for line in (message.headline, *message.lines))
    body = {"text": "\n".join([f"*{head}*", *lines, f"<{message.url}|Open the alerts>"])}
    return posted(channel, json.dumps(body).encode(), JSON)


def escaped(text: str) -> str:
    """Take from a text what Slack would read as a link or a call to everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def teams(channel: AlertChannel, message: Message) -> Outcome:
    """Send a card, as the workflows of Teams take it."""
    blocks = [{"type": "TextBlock", "text": line, "wrap": True} for line in message.lines]
    head = {"type": "TextBlock", "text": message.headline, "wrap": True, "weight": "Bolder"}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [head, *blocks],
        "actions": [{"type": "Action.OpenUrl", "title": "Open the alerts", "url": message.url}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return posted(channel, json.dumps({"type": "message", "attachments": [attachment]}).encode(), JSON)


def webhook(channel: AlertChannel, message: Message) -> Outcome:
    """Send the facts, signed as standardwebhooks.com says, so that any of its libraries can check them."""
    body = json.dumps(message.as_dict()).encode()
    at = int(message.at.timestamp())
    secret = vault.unseal(channel.secret, SECRET, channel.shop.domain)
    signature = {
        "webhook-id": message.id,
        "webhook-timestamp": str(at),
        "webhook-signature": signed(secret, message.id, at, body),
    }
    return posted(channel, body, JSON | signature)


def signed(secret: bytes, message_id: str, at: int, body: bytes) -> str:
    """Sign a body with its id and time (Standard Webhooks, version 1)."""
    digest = hmac.digest(secret, f"{message_id}.{at}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def flow(channel: AlertChannel, message: Message) -> Outcome:
    """Start the workflows that begin with our trigger; extensions/flow-alert says what it carries."""
    facts = message.as_dict()
    alert = {
        "title": message.title,
        "text": message.text,
        "nextStep": message.next_step,
        "severity": message.severity,
        "what": message.what,
        "openedAt": facts["opened_at"],
        "atRiskPerHour": None if facts["at_risk_per_hour"] is None else float(facts["at_risk_per_hour"]),
        "currency": message.currency,
        "url": message.url,
    }
    return triggered(channel, FLOW_HANDLE, {"Alert": alert})


def flow_of_lost(channel: AlertChannel, message: Message) -> Outcome:
    """Start the workflows for a checkout likely to be lost; extensions/flow-checkout says what it carries."""
    return triggered(channel, LOST_HANDLE, {"Checkout": message.facts})


def triggered(channel: AlertChannel, handle: str, payload: dict[str, Any]) -> Outcome:
    """Tell Shopify Flow that a trigger of ours fired."""
    try:
        AdminApi(channel.shop).execute("flow_trigger_receive", {"handle": handle, "payload": payload})
    except ShopifyError as trouble:
        return Outcome(False, problem=str(trouble)[:120], again=trouble.retryable)
    return Outcome(True)


def posted(channel: AlertChannel, body: bytes, headers: dict[str, str]) -> Outcome:
    """Send a body to the address of a channel and judge the answer by its status alone."""
    try:
        code = outside.post(target_of(channel), body, headers)
    except outside.Unanswered as trouble:
        return Outcome(False, problem=trouble.sentence)
    except outside.NotOutside as refusal:
        return Outcome(False, problem=refusal.sentence, again=False)
    if 200 <= code < 300:
        return Outcome(True, code)
    if 300 <= code < 400:
        return Outcome(False, code, "The server sends us elsewhere, and we do not follow.", again=False)
    return Outcome(False, code, f"The server answered {code}.", again=code != GONE)


SENDERS: dict[str, Send] = {
    Kind.EMAIL: email,
    Kind.SLACK: slack,
    Kind.TEAMS: teams,
    Kind.WEBHOOK: webhook,
    Kind.FLOW: flow,
    Kind.LOST: flow_of_lost,
}


# What is sealed


def target_of(channel: AlertChannel) -> str:
    """Return where a channel leads to."""
    return vault.unseal(channel.target, TARGET, channel.shop.domain).decode() if channel.target else ""


def key_of(channel: AlertChannel) -> str:
    """Return with what a merchant's own server checks our signatures."""
    secret = vault.unseal(channel.secret, SECRET, channel.shop.domain) if channel.secret else b""
    return f"whsec_{base64.b64encode(secret).decode()}" if secret else ""


def sealed(kind: str, target: str, shop: Shop) -> dict[str, bytes]:
    """Return the columns that hold what nobody may read."""
    secret = os.urandom(SECRET_BYTES) if kind == Kind.WEBHOOK else b""
    return {
        "target": vault.seal(target.encode(), TARGET, shop.domain) if target else b"",
        "secret": vault.seal(secret, SECRET, shop.domain) if secret else b"",
    }


def why_not(kind: str, target: str) -> str:
    """Say why nothing can be sent there, or nothing."""
    if kind == Kind.FLOW:
        return ""
    if kind == Kind.EMAIL:
        try:
            validate_email(target)
        except ValidationError:
            return "That is no e-mail address."
        return ""
    try:
        outside.check(target)
    except outside.NotOutside as refusal:
        return refusal.sentence
    return ""
