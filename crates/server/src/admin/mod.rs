//! Administration without a browser: over the socket in the data directory where a server runs,
//! in this process where none does.
//!
//! Whoever can open the socket owns the data directory, and is an *operator* in the log. A
//! request is one line of JSON and its answer another.

mod backup;
mod erase;
mod logs;
mod request;
mod run;

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use engine::{Engine, Failure};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use crate::installation::{Installation, InstallationError, Location, Trust};

pub use request::{Password, Request};
use run::Trouble;

/// The longest request.
const LONGEST: u64 = 64 << 10;
/// How many words on the progress wait for whoever asked. More are not said.
const TOLD: usize = 16;

/// A request, and who sends it.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    user: String,
    request: Request,
}

/// What comes back: the answer, or why there is none, after how far it was from time to time.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Reply {
    /// How far it is. Other replies follow.
    Progress(Value),
    Done(Value),
    Refused(String),
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The server refused.
    #[error("{0}")]
    Refused(String),
    /// The installation cannot be used.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// The server went away.
    #[error("the running server did not answer")]
    Broken(#[source] io::Error),
}

/// Does what an operator asks for: through the server that runs on this installation or, where
/// none does, here. `progress` is told how far it is.
pub async fn perform(
    location: &Location,
    user: &str,
    request: Request,
    mut progress: impl FnMut(&Value) + Send,
) -> Result<Value, AdminError> {
    let envelope = Envelope { user: user.to_owned(), request };
    let reply = match UnixStream::connect(location.socket()).await {
        Ok(stream) => ask(stream, &envelope, progress).await.map_err(AdminError::Broken)?,
        Err(_) => {
            let trust = if envelope.request.needs_trust() { Trust::Required } else { Trust::Waived };
            let (installation, _) = location.open(None, trust).await?;
            let (tell, mut told) = mpsc::channel(TOLD);
            let answer = answer(&installation.engine, None, envelope, tell);
            let (reply, ()) = tokio::join!(answer, async {
                while let Some(state) = told.recv().await {
                    progress(&state);
                }
            });
            installation.finish(trust).await;
            reply
        }
    };
    match reply {
        Reply::Done(value) => Ok(value),
        Reply::Refused(message) => Err(AdminError::Refused(message)),
        Reply::Progress(_) => Err(AdminError::Broken(io::ErrorKind::InvalidData.into())),
    }
}

async fn ask(stream: UnixStream, envelope: &Envelope, mut progress: impl FnMut(&Value)) -> io::Result<Reply> {
    let mut stream = BufReader::new(stream);
    let mut line = serde_json::to_vec(envelope)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    loop {
        let mut reply = String::new();
        stream.read_line(&mut reply).await?;
        if reply.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match serde_json::from_str(&reply)? {
            Reply::Progress(state) => progress(&state),
            reply => return Ok(reply),
        }
    }
}

/// Listens for operators until the guard is dropped.
pub struct Administration {
    task: AbortHandle,
    socket: PathBuf,
}

impl Drop for Administration {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// Starts listening for operators. A server that cannot, serves all the same.
pub fn listen(installation: &Installation, socket: &Path, public_url: &str) -> Option<Administration> {
    // Left behind by a process that was killed; this one owns the directory now.
    let _ = std::fs::remove_file(socket);
    let listener = UnixListener::bind(socket)
        .and_then(|listener| {
            std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        })
        .map_err(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "no administration over {}: `escriba users` will not work", socket.display());
        })
        .ok()?;
    let (engine, url) = (installation.engine.clone(), public_url.to_owned());
    let task = tokio::spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(serve(stream, engine.clone(), url.clone()));
                }
                Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    });
    Some(Administration { task: task.abort_handle(), socket: socket.to_owned() })
}

async fn serve(stream: UnixStream, engine: Engine, public_url: String) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    let read = (&mut stream).take(LONGEST).read_until(b'\n', &mut line).await;
    if read.is_err() {
        return;
    }
    let reply = match serde_json::from_slice(&line) {
        Ok(envelope) => {
            let (tell, mut told) = mpsc::channel(TOLD);
            let answer = answer(&engine, Some(&public_url), envelope, tell);
            let (reply, ()) = tokio::join!(answer, async {
                while let Some(state) = told.recv().await {
                    send(&mut stream, &Reply::Progress(state)).await;
                }
            });
            reply
        }
        Err(_) => Reply::Refused("the running server does not know this request; is it of another version?".into()),
    };
    send(&mut stream, &reply).await;
}

/// Whoever asked may have gone. What was asked for is done all the same.
async fn send(stream: &mut BufReader<UnixStream>, reply: &Reply) {
    let mut line = serde_json::to_vec(reply).expect("a reply is JSON");
    line.push(b'\n');
    let _ = stream.write_all(&line).await;
}

/// Does what is asked for. `tell` takes how far it is, and is dropped at the end.
async fn answer(engine: &Engine, public_url: Option<&str>, envelope: Envelope, tell: mpsc::Sender<Value>) -> Reply {
    let cx = engine.operator_context(&envelope.user);
    let failure = match run::run(engine, public_url, &cx, envelope.request, tell).await {
        Ok(value) => return Reply::Done(value),
        Err(Trouble::Logs(error)) => return Reply::Refused(chain(&error)),
        Err(Trouble::Erased(error)) => return Reply::Refused(chain(&error)),
        Err(Trouble::Key(error)) => return Reply::Refused(chain(&error)),
        Err(Trouble::Failure(failure)) => failure,
    };
    match failure {
        Failure::Refused(recorded) => Reply::Refused(recorded.get().to_string()),
        Failure::Unrecorded(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an administration request could not be recorded"
            );
            let reason = error.frozen().map(|frozen| format!(" ({frozen})")).unwrap_or_default();
            Reply::Refused(format!("the request could not be recorded, so it was not carried out{reason}"))
        }
    }
}

/// An error and what it comes from, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // A transparent error repeats its cause's words.
        if !text.contains(&cause_text) {
            text.extend([": ", &cause_text]);
        }
        source = cause.source();
    }
    text
}
