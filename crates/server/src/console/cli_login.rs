//! Letting a command line act as oneself: `esc login` in the browser.
//!
//! The command line listens on a port of the machine that the browser runs on, and gives us the port and a
//! nonce. There is no way to name another machine, and nothing happens before somebody who is signed in agreed.

use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::Failure;
use engine::seal::SecretString;
use serde::Deserialize;

use super::forms::{Form, Sender};
use super::page::page;
use super::trouble::Trouble;
use super::views::{CliLogin, CliLoginEnd, Person, links};
use super::visitor::Visitor;
use crate::http::{App, Parameters, name_events};

/// The longest nonce. The command lines send 32 characters or so.
const LONGEST_NONCE: usize = 256;
/// The longest name of a token, in characters.
const LONGEST_DESCRIPTION: usize = 256;
/// The longest command that is shown, in characters; no token depends on it.
const LONGEST_COMMAND: usize = 100;

/// What a command line asks for.
struct Asked {
    port: u16,
    nonce: String,
    description: String,
}

impl Asked {
    /// Reads what it sent. A port is a number and nothing else: no host can hide in it.
    fn parse(port: &str, nonce: &str, description: &str) -> Result<Self, &'static str> {
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port != 0);
        let port = port.ok_or("`cliSessionPort` must be a port of this machine.")?;
        if nonce.is_empty() || nonce.len() > LONGEST_NONCE || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("`cliSessionNonce` must be a short text without spaces.");
        }
        if description.chars().count() > LONGEST_DESCRIPTION || description.contains('\0') {
            return Err("`cliSessionDescription` must be a short text: it becomes the name of the token.");
        }
        let description = if description.trim().is_empty() { "command line" } else { description.trim() };
        Ok(Self { port, nonce: nonce.to_owned(), description: description.to_owned() })
    }
}

/// `GET /cli-login?cliSessionPort=&cliSessionNonce=&cliSessionDescription=&cliCommand=`
pub(super) async fn show(visitor: Visitor, parameters: Parameters) -> Result<Response, Trouble> {
    let get = |name| parameters.get(name).unwrap_or_default();
    let asked = Asked::parse(get("cliSessionPort"), get("cliSessionNonce"), get("cliSessionDescription"))
        .map_err(|message| visitor.senseless(message))?;
    let form = CliLogin {
        csrf: visitor.csrf.clone(),
        user: Person::user(&visitor.me.account.login, &visitor.me.account.name),
        port: asked.port,
        nonce: asked.nonce,
        description: asked.description,
        command: get("cliCommand").chars().take(LONGEST_COMMAND).collect(),
    };
    let mut response = page(StatusCode::OK, &form);
    // Browsers hold a redirect after a form against the policy of the form's page.
    let more = format!("form-action 'self' {}", links::cli_origin(asked.port));
    let policy = super::CONTENT_SECURITY_POLICY.replace("form-action 'self'", &more);
    if let Ok(policy) = HeaderValue::try_from(policy) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}

/// What the form holds.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Fields {
    csrf: String,
    cli_session_port: String,
    cli_session_nonce: String,
    cli_session_description: String,
    decision: String,
}

/// `POST /cli-login`
pub(super) async fn decide(
    State(app): State<App>,
    sender: Sender,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Trouble> {
    sender.check(&fields.csrf, &visitor.csrf)?;
    let Fields { cli_session_port: port, cli_session_nonce: nonce, cli_session_description: description, .. } = fields;
    let asked = Asked::parse(&port, &nonce, &description).map_err(|message| visitor.senseless(message))?;
    if fields.decision != "allow" {
        return declined(&app, &visitor).await;
    }
    let issued = app.engine.sign_in_tool(&visitor.cx, asked.description).await;
    let issued = issued.map_err(|failure| visitor.trouble(failure))?;
    let mut response = handed_over(asked.port, &asked.nonce, &issued.get().text);
    name_events(response.headers_mut(), issued.events());
    Ok(response)
}

async fn declined(app: &App, visitor: &Visitor) -> Result<Response, Trouble> {
    match app.engine.decline_tool(&visitor.cx).await {
        Err(Failure::Refused(refusal)) if matches!(refusal.get(), engine::Error::Declined) => {
            let mut response = page(StatusCode::OK, &CliLoginEnd { let_in: false });
            name_events(response.headers_mut(), refusal.events());
            Ok(response)
        }
        Err(failure) => Err(visitor.trouble(failure)),
        Ok(never) => match never.into_parts().0 {},
    }
}

/// Sends the browser to where the command line waits. The address holds the token, so nobody may learn of it
/// from what the browser asks for next.
fn handed_over(port: u16, nonce: &str, token: &SecretString) -> Response {
    let address = links::cli_callback(port, nonce, token.expose());
    match HeaderValue::try_from(address) {
        Ok(mut address) => {
            address.set_sensitive(true);
            let policy = HeaderValue::from_static("no-referrer");
            (StatusCode::SEE_OTHER, [(LOCATION, address), (REFERRER_POLICY, policy)]).into_response()
        }
        // A port, and texts that were escaped.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `GET /welcome/cli`: where the command line sends the browser once it has its token.
pub(super) async fn done() -> Response {
    page(StatusCode::OK, &CliLoginEnd { let_in: true })
}

#[cfg(test)]
mod tests {
    use super::Asked;

    #[test]
    fn a_port_is_a_number_and_hides_no_host() {
        assert_eq!(Asked::parse("54321", "n", "").map(|asked| asked.port), Ok(54_321));
        for port in ["", "0", "65536", "+80", "80@evil.example", "evil.example:80", "80/x", "80 ", "0x50", "８０", "-1"]
        {
            assert!(Asked::parse(port, "n", "").is_err(), "{port:?}");
        }
    }

    #[test]
    fn a_nonce_and_a_description_are_short() {
        for nonce in ["", "a b", "a\nb", "é", &"n".repeat(257)] {
            assert!(Asked::parse("80", nonce, "").is_err(), "{nonce:?}");
        }
        assert!(Asked::parse("80", "n", &"d".repeat(257)).is_err());
        assert!(Asked::parse("80", "n", "a\0b").is_err());
        assert_eq!(Asked::parse("80", "n", "  ").map(|asked| asked.description), Ok("command line".to_owned()));
    }
}
