//! Administration without a browser: over the socket in the data directory where a server runs,
//! in this process where none does.
//!
//! Whoever can open the socket owns the data directory, and is an *operator* in the log. A
//! request is one line of JSON and its answer another.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use engine::seal::SecretString;
use engine::{Context, Engine, Error, Failure, NewUser, Recorded, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::AbortHandle;

use crate::http::time;
use crate::installation::{Installation, InstallationError, Location};

/// The longest request.
const LONGEST: u64 = 64 << 10;

/// What an operator asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// Adds a person to an organisation, with an account if there is none yet, and a token.
    AddUser {
        /// What the person types to sign in.
        login: String,
        /// The person's name.
        name: Option<String>,
        /// The person's e-mail address.
        email: Option<String>,
        /// The organisation.
        organization: String,
        /// `member` or `admin`.
        role: String,
    },
    /// Lists all accounts.
    ListUsers,
    /// Changes a member's role.
    SetRole {
        /// The organisation.
        organization: String,
        /// The member.
        login: String,
        /// `member` or `admin`.
        role: String,
    },
    /// Removes a member.
    RemoveMember {
        /// The organisation.
        organization: String,
        /// The member.
        login: String,
    },
    /// Sets a password.
    SetPassword {
        /// Whose.
        login: String,
        /// The new one.
        password: Password,
    },
    /// Makes a one-time link with which somebody sets a password.
    CreateLink {
        /// Whose.
        login: String,
    },
    /// Makes a token.
    CreateToken {
        /// Whose.
        login: String,
        /// What it is called.
        name: String,
        /// In how many days it ends; never if absent.
        days: Option<u32>,
    },
    /// Lists somebody's tokens.
    ListTokens {
        /// Whose.
        login: String,
    },
    /// Revokes a token.
    RevokeToken {
        /// Which.
        id: String,
    },
    /// Sets what every member may do with an environment.
    SetDefaultPermission {
        /// The organisation.
        organization: String,
        /// none, read, open, write or admin.
        level: String,
    },
    /// Looks at every log as a whole.
    CheckLogs,
}

/// A password on its way over the socket. It prints nothing.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(pub String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// A request, and who sends it.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope {
    user: String,
    request: Request,
}

/// What comes back: the answer, or why there is none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Reply {
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
/// none does, here.
pub async fn perform(location: &Location, user: &str, request: Request) -> Result<Value, AdminError> {
    let envelope = Envelope { user: user.to_owned(), request };
    let reply = match UnixStream::connect(location.socket()).await {
        Ok(stream) => ask(stream, &envelope).await.map_err(AdminError::Broken)?,
        Err(_) => {
            let (installation, _) = location.open(None).await?;
            let reply = answer(&installation.engine, None, envelope).await;
            let sequenced = installation.engine.sequence_all().await;
            installation.engine.close();
            if let Err(error) = sequenced {
                tracing::warn!(error = &error as &dyn std::error::Error, "the outbox could not be emptied");
            }
            reply
        }
    };
    match reply {
        Reply::Done(value) => Ok(value),
        Reply::Refused(message) => Err(AdminError::Refused(message)),
    }
}

async fn ask(stream: UnixStream, envelope: &Envelope) -> io::Result<Reply> {
    let mut stream = BufReader::new(stream);
    let mut line = serde_json::to_vec(envelope)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut reply = String::new();
    stream.read_line(&mut reply).await?;
    if reply.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&reply)?)
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
        Ok(envelope) => answer(&engine, Some(&public_url), envelope).await,
        Err(_) => Reply::Refused("the running server does not know this request; is it of another version?".into()),
    };
    let mut line = serde_json::to_vec(&reply).expect("a reply is JSON");
    line.push(b'\n');
    let _ = stream.write_all(&line).await;
}

async fn answer(engine: &Engine, public_url: Option<&str>, envelope: Envelope) -> Reply {
    let cx = engine.operator_context(&envelope.user);
    match run(engine, public_url, &cx, envelope.request).await {
        Ok(value) => Reply::Done(value),
        Err(Failure::Refused(recorded)) => Reply::Refused(recorded.get().to_string()),
        Err(Failure::Unrecorded(error)) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an administration request could not be recorded"
            );
            Reply::Refused("the request could not be recorded, so it was not carried out".into())
        }
    }
}

fn value<T>(recorded: Recorded<T>) -> T {
    recorded.into_parts().0
}

async fn run(
    engine: &Engine,
    public_url: Option<&str>,
    cx: &Context,
    request: Request,
) -> Result<Value, Failure<Error>> {
    Ok(match request {
        Request::AddUser { login, name, email, organization, role } => {
            let role = parsed(engine, cx, Role::parse(&role), "the role must be `member` or `admin`").await?;
            let user = NewUser { login: login.clone(), name, email };
            let token = value(engine.add_user(cx, user, organization.clone(), role).await?);
            json!({
                "login": login,
                "organization": organization,
                "role": role.as_str(),
                "token": token.text.expose(),
            })
        }
        Request::ListUsers => {
            let users = engine.list_users().await?.into_iter().map(|(account, memberships)| {
                let memberships: Vec<Value> = memberships
                    .into_iter()
                    .map(|(organization, role)| json!({ "organization": organization, "role": role }))
                    .collect();
                json!({
                    "login": account.login,
                    "name": account.name,
                    "email": account.email,
                    "created": time(account.created_at),
                    "password": account.password_hash.is_some(),
                    "organizations": memberships,
                })
            });
            Value::Array(users.collect())
        }
        Request::SetRole { organization, login, role } => {
            let role = parsed(engine, cx, Role::parse(&role), "the role must be `member` or `admin`").await?;
            value(engine.set_member_role(cx, organization.clone(), login.clone(), role).await?);
            json!({ "login": login, "organization": organization, "role": role.as_str() })
        }
        Request::RemoveMember { organization, login } => {
            value(engine.remove_member(cx, organization.clone(), login.clone()).await?);
            json!({ "login": login, "organization": organization })
        }
        Request::SetPassword { login, password } => {
            value(engine.set_password(cx, login.clone(), SecretString::new(password.0)).await?);
            json!({ "login": login })
        }
        Request::CreateLink { login } => {
            let link = value(engine.create_link(cx, login.clone()).await?);
            let path = format!("/welcome/{}", link.text.expose());
            let url = public_url.map_or_else(|| path.clone(), |url| format!("{url}{path}"));
            json!({ "login": login, "link": url, "seconds": link.seconds })
        }
        Request::CreateToken { login, name, days } => {
            let expires_at = days.map(|days| cx.now + i64::from(days) * 86_400_000_000);
            let token = value(engine.issue_token_for(cx, login.clone(), name.clone(), expires_at).await?);
            json!({
                "login": login,
                "id": token.id.to_string(),
                "name": name,
                "expires": expires_at.map(time),
                "token": token.text.expose(),
            })
        }
        Request::ListTokens { login } => {
            let tokens = engine.tokens_of(login).await?;
            let tokens = parsed(engine, cx, tokens, "there is no such user; `escriba users list` shows them").await?;
            let tokens = tokens.into_iter().map(|token| {
                json!({
                    "id": token.id.to_string(),
                    "name": token.name,
                    "created": time(token.created_at),
                    "created_by": token.created_by,
                    "last_used": token.last_used_at.map(time),
                    "expires": token.expires_at.map(time),
                })
            });
            Value::Array(tokens.collect())
        }
        Request::RevokeToken { id } => {
            value(engine.revoke_token(cx, id.clone()).await?);
            json!({ "id": id })
        }
        Request::SetDefaultPermission { organization, level } => {
            let message = "the level must be one of none, read, open, write, admin";
            let level = parsed(engine, cx, engine::Level::parse(&level), message).await?;
            value(engine.set_default_permission(cx, organization.clone(), level).await?);
            json!({ "organization": organization, "default_permission": level.as_str() })
        }
        Request::CheckLogs => {
            let logs = engine.log_shapes().await.map_err(Failure::Unrecorded)?.into_iter().map(|log| {
                json!({
                    "log": log.origin,
                    "organization": log.organization,
                    "entries": log.shape.entries,
                    "waiting": log.shape.waiting,
                    "contiguous": log.shape.is_contiguous(),
                })
            });
            json!({ "logs": logs.collect::<Vec<_>>() })
        }
    })
}

/// A value that was readable, or the refusal that says what would be.
async fn parsed<T>(engine: &Engine, cx: &Context, value: Option<T>, message: &str) -> Result<T, Failure<Error>> {
    match value {
        Some(value) => Ok(value),
        None => Err(engine.refuse_administration(cx, Error::Invalid(message.to_owned())).await),
    }
}
