//! `escriba tokens …`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;
use server::admin::Request;
use server::config::Settings;

use super::{administer, text};
use crate::arguments::Tokens;
use crate::print;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, action: Tokens) -> Result<ExitCode> {
    let (request, as_json) = match action {
        Tokens::Create { login, name, expires, json } => (Request::CreateToken { login, name, days: expires }, json),
        Tokens::List { login, json } => (Request::ListTokens { login }, json),
        Tokens::Revoke { id, json } => (Request::RevokeToken { id }, json),
    };
    let (created, listed) =
        (matches!(request, Request::CreateToken { .. }), matches!(request, Request::ListTokens { .. }));
    let answer = administer(settings, config, request).await?;
    if as_json {
        print::json(&answer);
    } else if created {
        print::line(format!("{}\n\nThe token is shown only this once.", text(&answer, "token")));
    } else if listed {
        list(&answer);
    } else {
        print::line(format!("The token {} is revoked.", text(&answer, "id")));
    }
    Ok(ExitCode::SUCCESS)
}

fn list(answer: &Value) {
    let empty = Vec::new();
    let or_never = |token: &Value, key| {
        let time = text(token, key);
        if time.is_empty() { "never" } else { time }.to_owned()
    };
    let rows: Vec<[String; 5]> = answer
        .as_array()
        .unwrap_or(&empty)
        .iter()
        .map(|token| {
            [
                text(token, "id").to_owned(),
                text(token, "name").to_owned(),
                text(token, "created").to_owned(),
                or_never(token, "last_used"),
                or_never(token, "expires"),
            ]
        })
        .collect();
    print::table(["ID", "NAME", "CREATED", "LAST USED", "EXPIRES"], &rows);
}
