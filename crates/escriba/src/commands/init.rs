//! `escriba init`: the first start's set-up, alone.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use engine::{Installed, NamedKeys, SetUp};
use serde_json::json;
use server::config::{Config, Settings};
use server::installation::Trust;

use crate::print;

/// What to try in an installation that has nothing yet.
pub(crate) const FIRST: (&str, &str) = ("init", "web/dev");

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, json: bool) -> Result<ExitCode> {
    let config = Config::load(settings, config)?;
    super::quiet_log();
    let set_up = SetUp { organization: config.organization.clone(), admin: config.admin.clone() };
    let (installation, installed) = config.location.init(set_up).await?;
    let keys = installation.engine.verifier_keys().await?;
    let of_organization = |log: &&NamedKeys| log.name.organization.as_ref() == Some(&installed.organization);
    let verifier_key = keys.iter().find(of_organization).and_then(|log| log.keys.first().cloned());
    installation.finish(Trust::Required).await;
    let url = config.public_url.clone().unwrap_or_else(|| {
        let scheme = if config.tls_cert.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", config.listen)
    });
    if json {
        print::json(&json!({
            "organization": installed.organization,
            "login": installed.login,
            "token": installed.token.expose(),
            "url": url,
            "verifier_key": verifier_key,
        }));
    } else {
        greet(&installed, &url, FIRST);
        print::line("\nStart the server with `escriba serve`.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what was made, and what to try first. The token is shown this once.
pub(crate) fn greet(installed: &Installed, url: &str, (command, environment): (&str, &str)) {
    print::line(format!(
        "Escriba is set up.

  Console        {url}
  Organization   {}
  Login          {}
  Access token   {}

Keep the token: it is shown only this once. Sign in to the console with it, or use it from a shell:

  export PULUMI_BACKEND_URL={url} PULUMI_ACCESS_TOKEN=<the token>
  esc env {command} {}/{environment}",
        installed.organization,
        installed.login,
        installed.token.expose(),
        installed.organization,
    ));
}
