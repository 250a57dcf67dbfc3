//! Doing what an operator asks for: one call of the engine, and its answer as JSON.

use engine::seal::SecretString;
use engine::{Context, Engine, EpochError, EraseAgainError, Error, Failure, NewUser, Recorded, Role, RotateError};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Request, backup, erase, logs};
use crate::http::time;

fn value<T>(recorded: Recorded<T>) -> T {
    recorded.into_parts().0
}

/// Does it.
pub(super) async fn run(
    engine: &Engine,
    public_url: Option<&str>,
    cx: &Context,
    request: Request,
    tell: mpsc::Sender<Value>,
) -> Result<Value, Trouble> {
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
        Request::Backup { file } => backup::back_up(engine, cx, file, tell).await?,
        Request::EraseUser { login, organization } => erase::erase(engine, cx, login, organization).await?,
        Request::CheckLogs => logs::check(engine).await?,
        Request::VerifierKeys { organization, server } => logs::verifier_keys(engine, organization, server).await?,
        Request::AdoptLogs => logs::adopt(engine, cx).await?,
        Request::ResumeLogs => logs::resume(engine, cx).await?,
        Request::RotateLogKey => logs::rotate_key(engine, cx).await?,
        Request::Reindex => logs::reindex(engine).await?,
    })
}

/// Why a request was not carried out.
pub(super) enum Trouble {
    /// For a reason of its own, which the log has unless it says otherwise.
    Failure(Failure<Error>),
    /// Because of the state of the logs.
    Logs(EpochError),
    /// Because of the key ring.
    Key(RotateError),
    /// Because somebody who was erased may be there again.
    Erased(EraseAgainError),
}

impl From<Failure<Error>> for Trouble {
    fn from(failure: Failure<Error>) -> Self {
        Self::Failure(failure)
    }
}

impl From<RotateError> for Trouble {
    fn from(error: RotateError) -> Self {
        Self::Key(error)
    }
}

impl From<EraseAgainError> for Trouble {
    fn from(error: EraseAgainError) -> Self {
        Self::Erased(error)
    }
}

impl From<EpochError> for Trouble {
    fn from(error: EpochError) -> Self {
        Self::Logs(error)
    }
}

/// A value that was readable, or the refusal that says what would be.
async fn parsed<T>(engine: &Engine, cx: &Context, value: Option<T>, message: &str) -> Result<T, Failure<Error>> {
    match value {
        Some(value) => Ok(value),
        None => Err(engine.refuse_administration(cx, Error::Invalid(message.to_owned())).await),
    }
}
