//! `escriba audit …`: the audit log of a server, read, followed, exported and proved.

pub(crate) mod arguments;

mod client;
mod event;
mod export;
mod file;
mod list;
mod moment;
mod output;
mod pages;
mod prove;
mod tail;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use server::config::Settings;

use self::arguments::{Audit, AuditArguments};
use self::output::Closed;

pub(crate) async fn run(settings: Settings, config: Option<PathBuf>, arguments: AuditArguments) -> Result<ExitCode> {
    super::quiet_log();
    let AuditArguments { reach, action } = arguments;
    let done = match action {
        Audit::List(arguments) => list::list(&reach, arguments).await,
        Audit::Search(arguments) => list::search(&reach, arguments).await,
        Audit::Tail(arguments) => tail::tail(&reach, arguments).await,
        Audit::Export(arguments) => export::export(&reach, arguments).await,
        Audit::Prove(arguments) => prove::prove(&reach, arguments).await,
        Audit::Verify(arguments) => verify::verify(settings, config, &reach, arguments).await,
    };
    match done {
        // As `… | head` does: whoever read has enough.
        Err(error) if error.is::<Closed>() => Ok(ExitCode::SUCCESS),
        done => done,
    }
}
