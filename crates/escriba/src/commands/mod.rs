//! The commands: each says what it did, in words or in JSON.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod doctor;
mod erase;
pub(crate) mod fsck;
pub(crate) mod init;
pub(crate) mod log;
pub(crate) mod serve;
pub(crate) mod tokens;
pub(crate) mod users;

use std::path::PathBuf;

use anyhow::Result;
use serde_json::Value;
use server::admin::{self, Request};
use server::config::{Config, Settings};
use server::telemetry::{self, LogFormat};

/// Does what an operator asks for.
async fn administer(settings: Settings, config: Option<PathBuf>, request: Request) -> Result<Value> {
    administer_while(settings, config, request, |_| {}).await
}

/// Does what an operator asks for, and shows how far it is.
async fn administer_while(
    settings: Settings,
    config: Option<PathBuf>,
    request: Request,
    show: impl FnMut(&Value) + Send,
) -> Result<Value> {
    let location = Config::location(settings, config)?;
    quiet_log();
    let user = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")).unwrap_or_else(|_| "shell".to_owned());
    Ok(admin::perform(&location, &user, request, show).await?)
}

/// A short command speaks in its own words; of the log only what went wrong is worth a line.
fn quiet_log() {
    let _ = telemetry::init(LogFormat::Text, "error");
}

/// A member of an answer, as text.
fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// A member of an answer, as a number.
fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}
