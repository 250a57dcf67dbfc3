//! `escriba serve`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use server::config::{Config, Settings};

use super::init;
use crate::print;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>) -> Result<ExitCode> {
    let config = Config::load(settings, config)?;
    server::telemetry::init(config.log_format, &config.log_filter).map_err(|error| anyhow!(error))?;
    server::serve(config, |url, installed| match installed {
        Some(installed) => init::greet(installed, url),
        None => print::note(format!("Console and API: {url}")),
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}
