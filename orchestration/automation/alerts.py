"""Alerts and digests by e-mail and webhook. Belongs here: what a message is and how it leaves. Does not: when one is
due (jobs.py), or what it says (failures.py, watch.py, digest.py)."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import requests

from orchestration.errors import SkillsBankError
from orchestration.settings import Settings

TIMEOUT = 20.0
# Slack cuts a section's text at 3,000 characters, and refuses the message with more.
_SLACK_TEXT = 2_900


@dataclass(frozen=True)
class Alert:
    """A message: a subject, one line a fact, and links by what they lead to (the run first, then check, runbook)."""

    subject: str
    lines: list[str] = field(default_factory=list)
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def link(self) -> str:
        """Where to look first; "" where there is nothing."""
        return next(iter(self.links.values()), "")

    def text(self) -> str:
        """The message as plain text."""
        links = [f"{name}: {address}" for name, address in self.links.items()]
        return "\n".join([self.subject, "", *self.lines, "", *links]).strip() + "\n"


def send(alert: Alert, settings: Settings) -> list[str]:
    """Send a message on every channel that is configured; returns the channels used.

    Raises:
        SkillsBankError: a channel refused; the others were tried all the same.
    """
    sent, refused = [], []
    channels = {
        "e-mail": (settings.smtp_host and settings.alert_to, _send_mail),
        "webhook": (settings.webhook_url, _send_webhook),
    }
    for channel, (is_configured, deliver) in channels.items():
        if not is_configured:
            continue
        try:
            deliver(alert, settings)
            sent.append(channel)
        except (OSError, smtplib.SMTPException, requests.RequestException) as error:
            # The error's text may quote the webhook's secret address, so only its kind is told.
            refused.append(f"{channel} ({type(error).__name__})")
    if refused:
        raise SkillsBankError(
            f"the alert «{alert.subject}» could not be sent by {', '.join(refused)}",
            fix="check the SKILLSBANK_SMTP_*, SKILLSBANK_ALERT_* and SKILLSBANK_WEBHOOK_URL settings",
        )
    return sent


def runbook(settings: Settings, section: str) -> str:
    """The address of a section of docs/operations.md, by its heading as GitHub and most others write anchors."""
    return f"{settings.runbook_url}#{section}"


def _send_mail(alert: Alert, settings: Settings) -> None:
    message = EmailMessage()
    # A header takes no line break, and a text of the data might bring one.
    message["Subject"] = f"[Skills Bank] {' '.join(alert.subject.split())}"
    message["From"] = settings.alert_from
    message["To"] = settings.alert_to
    message.set_content(alert.text())
    with smtplib.SMTP(settings.smtp_host or "", settings.smtp_port, timeout=TIMEOUT) as server:
        if settings.smtp_starttls:
            server.starttls()
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
        server.send_message(message)


def _send_webhook(alert: Alert, settings: Settings) -> None:
    assert settings.webhook_url is not None
    payload = _FORMATS[settings.webhook_format](alert)
    # No redirect: a webhook's address is a secret and stays with the host it was made for.
    response = requests.post(
        settings.webhook_url.get_secret_value(), json=payload, timeout=TIMEOUT, allow_redirects=False
    )
    response.raise_for_status()


def _json(alert: Alert) -> dict[str, Any]:
    links = dict(alert.links)
    return {
        "text": alert.text(), "subject": alert.subject, "lines": alert.lines, "link": alert.link, "links": links,
    }  # fmt: skip


def _slack(alert: Alert) -> dict[str, Any]:
    """Blocks of Slack's incoming webhooks; ``text`` is what a notification shows."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": alert.subject[:150]}}
    ]
    if alert.lines:
        body = _escaped("\n".join(alert.lines))
        cut = body if len(body) <= _SLACK_TEXT else body[:_SLACK_TEXT].rpartition("\n")[0] + "\n…"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": cut}})
    if alert.links:
        linked = " · ".join(
            f"<{address}|{name}>" if address.startswith("http") else f"{name}: {address}"
            for name, address in alert.links.items()
        )
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": linked}]})
    return {"text": _escaped(alert.subject), "blocks": blocks}


def _escaped(text: str) -> str:
    """Slack's three signs, so that no text of the data makes a link or calls a channel."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _mattermost(alert: Alert) -> dict[str, Any]:
    """Markdown; the facts stand in a block of code, so that nothing in them is taken for markup or a mention."""
    facts = "\n".join(alert.lines).replace("```", "'''")
    links = " · ".join(f"[{name}]({address})" for name, address in alert.links.items())
    parts = [f"#### {' '.join(alert.subject.split())}", f"```\n{facts}\n```" if facts else "", links]
    return {"username": "Skills Bank", "text": "\n".join(part for part in parts if part)}


def _teams(alert: Alert) -> dict[str, Any]:
    """An adaptive card, as the webhooks of Teams' workflows take it."""
    body = [{"type": "TextBlock", "text": alert.subject, "weight": "Bolder", "size": "Medium", "wrap": True}]
    body += [
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": line}]} for line in alert.lines
    ]
    actions = [
        {"type": "Action.OpenUrl", "title": name, "url": address}
        for name, address in alert.links.items()
        if address.startswith("http")
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions,
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [content]}


_FORMATS: Mapping[str, Callable[[Alert], dict[str, Any]]] = {
    "json": _json,
    "slack": _slack,
    "mattermost": _mattermost,
    "teams": _teams,
}
