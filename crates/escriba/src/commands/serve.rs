//! `escriba serve`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use server::config::{Config, Settings};

use super::init;
use crate::print;
use crate::progress::Progress;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, demo: bool) -> Result<ExitCode> {
    let config = Config::load(settings, config)?;
    server::telemetry::init(config.log_format, &config.log_filter).map_err(|error| anyhow!(error))?;
    let mut progress = Progress::new();
    let tell = move |done, all| {
        if done == all {
            progress.clear();
        } else {
            progress.show(|| format!("playing the demonstration: day {done} of {all}"));
        }
    };
    let first = if demo { ("open", "web/prod") } else { init::FIRST };
    server::serve(config, demo.then_some(tell), |url, installed| match installed {
        Some(installed) => init::greet(installed, url, first),
        None => print::note(format!("Console and API: {url}")),
    })
    .await?;
    Ok(ExitCode::SUCCESS)
}
