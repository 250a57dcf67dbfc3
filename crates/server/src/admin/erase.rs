//! Erasing somebody, as an operator asks for it.

use engine::{Context, Engine, ErasedLog, Exports};
use serde_json::{Value, json};

use super::run::Trouble;
use crate::http::time;

/// Erases somebody, and says what that came to.
pub(super) async fn erase(
    engine: &Engine,
    cx: &Context,
    login: String,
    organization: Option<String>,
) -> Result<Value, Trouble> {
    let (erased, reach) = engine.erase_user(cx, login.clone(), organization.clone()).await?;
    let erased = erased.get();
    let log = |ErasedLog { name, commitments, actor, .. }: &ErasedLog| {
        json!({
            "log": name.origin.to_string(),
            "organization": name.organization,
            "texts": commitments.len(),
            "actor": actor.map(|actor| actor.to_string()),
        })
    };
    let export = |Exports { name, count, newest }: &Exports| {
        json!({
            "log": name.origin.to_string(),
            "organization": name.organization,
            "count": count,
            "newest": time(*newest),
        })
    };
    Ok(json!({
        "login": login,
        "organization": organization,
        "account": erased.account.map(|account| account.to_string()),
        "left": erased.left,
        "tokens": erased.tokens,
        "sessions": erased.sessions,
        "logs": erased.logs.iter().map(log).collect::<Vec<_>>(),
        "exports": reach.exports.iter().map(export).collect::<Vec<_>>(),
        "unfinished": reach.unfinished,
    }))
}
