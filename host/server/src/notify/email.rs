//! E-mail through the operator's mail server.

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use serde_json::Value;

use super::text::{at, moment, one_line};
use crate::App;
use crate::settings::{Smtp, SmtpTls};

/// What the mail server may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

/// Sends a message to these addresses: to all of them, or to none.
pub(super) async fn send(
    app: &App,
    to: &[String],
    tenant: &str,
    id: &str,
    message: &Value,
) -> Result<(), String> {
    let Some(smtp) = &app.settings.smtp else {
        return Err("this server has no mail server any more".to_owned());
    };
    let mail = mail(smtp, to, tenant, id, message)?;
    let sent = transport(smtp)?.send(mail).await;
    sent.map(drop).map_err(|error| {
        // It may say of the operator's network what is no tenant's business.
        tracing::warn!(%error, host = smtp.host, "the mail server did not take a message");
        match error.status() {
            Some(code) => format!("the mail server answered {code}"),
            None => "the mail server cannot be reached".to_owned(),
        }
    })
}

fn transport(smtp: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let parameters = || {
        TlsParameters::new(smtp.host.clone()).map_err(|error| {
            tracing::error!(%error, "the connection to the mail server cannot be encrypted");
            "the mail server cannot be reached".to_owned()
        })
    };
    let tls = match smtp.tls {
        SmtpTls::Tls => Tls::Wrapper(parameters()?),
        SmtpTls::StartTls => Tls::Required(parameters()?),
        SmtpTls::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(PATIENCE));
    if let Some((user, password)) = &smtp.sign_in {
        builder = builder.credentials(Credentials::new(user.clone(), password.to_string()));
    }
    Ok(builder.build())
}

fn mail(
    smtp: &Smtp,
    to: &[String],
    tenant: &str,
    id: &str,
    message: &Value,
) -> Result<Message, String> {
    let from: Mailbox = smtp.from.parse().map_err(|_| {
        tracing::error!(from = smtp.from, "mail cannot be from this");
        "the mail server has no valid address to send from".to_owned()
    })?;
    let mut builder = Message::builder()
        .from(from)
        .message_id(Some(format!("<{id}@writeback>")))
        .subject(format!("Writeback: {}", headline(message)))
        .header(ContentType::TEXT_PLAIN);
    for address in to {
        let to: Mailbox = address
            .parse()
            .map_err(|_| format!("`{}` is no address", one_line(address, 100)))?;
        builder = builder.to(to);
    }
    builder
        .body(body(tenant, message))
        .map_err(|error| format!("the message cannot be written: {error}"))
}

/// What happened, in a line.
fn headline(message: &Value) -> String {
    let job = at(message, "/job/name");
    let job = if job.is_empty() {
        at(message, "/job/id")
    } else {
        job
    };
    let job = one_line(&job, 100);
    match at(message, "/event").as_str() {
        "failure" => format!("{job} failed"),
        "recovery" => format!("{job} works again"),
        "stale" => format!("the file of {job} is not up to date"),
        "run" => format!("{job}: {}", at(message, "/detail/state")),
        _ => "a test".to_owned(),
    }
}

/// A line for each thing that is known.
fn body(tenant: &str, message: &Value) -> String {
    let lines = [
        ("What", headline(message)),
        ("Error", at(message, "/detail/failure/message")),
        ("Hint", at(message, "/detail/failure/hint")),
        ("Code", at(message, "/detail/failure/code")),
        ("Job", at(message, "/job/name")),
        ("Run", at(message, "/detail/run")),
        ("File", at(message, "/detail/file/name")),
        ("Tenant", one_line(tenant, 200)),
        ("When", moment(message)),
    ];
    let lines = lines.into_iter().filter(|(_, text)| !text.is_empty());
    lines
        .map(|(what, text)| format!("{what}: {text}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn smtp() -> Smtp {
        Smtp {
            host: "localhost".to_owned(),
            port: 25,
            tls: SmtpTls::None,
            sign_in: None,
            from: "Writeback <writeback@example.com>".to_owned(),
        }
    }

    #[test]
    fn a_mail_says_what_failed_and_what_to_do() {
        let message = json!({
            "event": "failure", "at_ms": 1_764_117_883_123_i64, "job": { "id": "job_1", "name": "sales" },
            "detail": { "run": "run_1", "failure": { "code": "locked", "message": "the file is open", "hint": "close it" } },
        });
        insta::assert_snapshot!(body("Finance", &message), @"
        What: sales failed
        Error: the file is open
        Hint: close it
        Code: locked
        Job: sales
        Run: run_1
        Tenant: Finance
        When: 2025-11-26T00:44:43Z
        ");
    }

    #[test]
    fn nothing_of_others_becomes_a_header_or_a_line() {
        let message = json!({
            "event": "failure", "at_ms": 0, "job": { "name": "a\r\nBcc: evil@example.com\r\n\r\nb" },
            "detail": { "failure": { "message": "x\r\n.\r\nHint: send money\u{1b}[31m" } },
        });
        let mail = mail(
            &smtp(),
            &["a@example.com".to_owned()],
            "t\r\nX: y",
            "dlv_1",
            &message,
        )
        .unwrap();
        let text = String::from_utf8(mail.formatted()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(
            !head
                .lines()
                .any(|line| line.starts_with("Bcc") || line.starts_with("X:")),
            "{head}"
        );
        assert!(
            !body
                .lines()
                .any(|line| line.starts_with("Hint") || line == "."),
            "{body}"
        );
        assert!(!text.contains('\u{1b}'));
    }
}
