"""Alerts by e-mail and webhook. Belongs here: what an alert says and how it leaves. Does not: when it is due."""

from __future__ import annotations

import smtplib
from dataclasses import dataclass, field
from email.message import EmailMessage

import requests

from orchestration.errors import SkillsBankError
from orchestration.settings import Settings

TIMEOUT = 20.0


@dataclass(frozen=True)
class Alert:
    """What went wrong in one run: a subject, one line a fact, and a link to the run."""

    subject: str
    lines: list[str] = field(default_factory=list)
    link: str = ""

    def text(self) -> str:
        """The alert as plain text."""
        return "\n".join([self.subject, "", *self.lines, "", self.link]).strip() + "\n"


def send(alert: Alert, settings: Settings) -> list[str]:
    """Send an alert on every channel that is configured; returns the channels used.

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


def _send_mail(alert: Alert, settings: Settings) -> None:
    message = EmailMessage()
    message["Subject"] = f"[Skills Bank] {alert.subject}"
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
    payload = {"text": alert.text(), "subject": alert.subject, "lines": alert.lines, "link": alert.link}
    # No redirect: a webhook's address is a secret and stays with the host it was made for.
    response = requests.post(
        settings.webhook_url.get_secret_value(), json=payload, timeout=TIMEOUT, allow_redirects=False
    )
    response.raise_for_status()
