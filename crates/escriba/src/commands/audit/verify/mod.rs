//! `escriba audit verify`: whether what somebody hands over is what was written, without the server.

mod data;
mod file;
mod memory;
mod report;
mod trust;
mod url;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use server::config::Settings;

use super::arguments::{Reach, VerifyArguments};
use super::output::Closed;
use crate::print;

pub(super) use self::report::json;
pub(super) use self::trust::roots;

/// What could not be checked at all is neither right nor wrong.
pub(super) const UNCHECKED: u8 = 2;

/// `escriba audit verify`
pub(crate) async fn verify(
    settings: Settings,
    config: Option<PathBuf>,
    reach: &Reach,
    arguments: VerifyArguments,
) -> Result<ExitCode> {
    match check(settings, config, reach, &arguments).await {
        Err(error) if !error.is::<Closed>() => {
            print::failure(&error);
            Ok(ExitCode::from(UNCHECKED))
        }
        done => done,
    }
}

async fn check(
    settings: Settings,
    config: Option<PathBuf>,
    reach: &Reach,
    arguments: &VerifyArguments,
) -> Result<ExitCode> {
    let VerifyArguments { target, event, trust, json, .. } = arguments;
    let path = Path::new(target);
    let is_url = target.starts_with("https://") || target.starts_with("http://");
    if !is_url && path.is_dir() {
        return data::verify(settings, config, arguments).await;
    }
    let roots = trust::roots(trust)?;
    let report = if is_url {
        url::verify(target, &roots, reach, arguments).await?
    } else {
        file::verify(path, event.as_deref(), &roots)?
    };
    report::print(target, &report, *json)?;
    Ok(ExitCode::from(report.verdict.exit_code()))
}
