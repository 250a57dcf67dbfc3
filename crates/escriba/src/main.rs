//! The one program: serve, set up, administer, audit.

mod arguments;
mod commands;
mod print;
mod progress;

use arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::read();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return print::failure(&anyhow::Error::new(error).context("the runtime cannot be started")),
    };
    let done = runtime.block_on(async {
        let Arguments { settings, config, command } = arguments;
        match command {
            Command::Serve { first, demo } => commands::serve::run(first.with(settings.into()), config, demo).await,
            Command::Init { first, json } => commands::init::run(first.with(settings.into()), config, json).await,
            Command::Users { action } => Box::pin(commands::users::run(settings.into(), config, action)).await,
            Command::Tokens { action } => Box::pin(commands::tokens::run(settings.into(), config, action)).await,
            Command::Audit(arguments) => commands::audit::run(settings.into(), config, arguments).await,
            Command::Log { action } => Box::pin(commands::log::run(settings.into(), config, action)).await,
            Command::Fsck { json } => Ok(commands::fsck::run(settings.into(), config, json).await),
            Command::Backup { file, json } => commands::backup::run(settings.into(), config, &file, json).await,
            Command::Doctor { json } => commands::doctor::run(settings.into(), config, json).await,
        }
    });
    match done {
        Ok(code) => code,
        Err(error) => print::failure(&error),
    }
}
