//! `POST /api/oauth/token`: an identity becomes a token (RFC 8693).

use api::ExchangedToken;
use axum::extract::State;
use engine::seal::SecretString;
use engine::{Exchange, Exchanged, Role, TokenType, WantedToken};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::App;
use super::answer::Json;
use super::audited::Audited;
use super::body::FormOrJson;
use super::caller::Stranger;
use super::problem::Problem;

const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
const AUDIENCE: &str = "urn:pulumi:org:";
const REQUESTED: &str = "urn:pulumi:token-type:access_token:";
/// How long a token lives if nothing is said: two hours.
const DEFAULT: i64 = 7_200;

/// What is sent, as a form or as JSON.
#[derive(Deserialize)]
pub(super) struct Fields {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    audience: String,
    #[serde(default, deserialize_with = "secret")]
    subject_token: Option<SecretString>,
    #[serde(default)]
    subject_token_type: String,
    #[serde(default)]
    requested_token_type: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    expiration: Option<Value>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(SecretString::new))
}

/// A number, or a text of digits.
fn seconds(value: Option<&Value>) -> Option<i64> {
    let seconds = match value {
        None | Some(Value::Null) => DEFAULT,
        Some(Value::String(text)) if text.is_empty() => DEFAULT,
        Some(Value::String(text)) => text.parse().ok()?,
        Some(value) => value.as_i64()?,
    };
    (seconds > 0).then_some(seconds)
}

/// `POST /api/oauth/token`
pub(super) async fn exchange(
    State(app): State<App>,
    Stranger(client): Stranger,
    FormOrJson(fields): FormOrJson<Fields>,
) -> Result<Audited<Json<ExchangedToken>>, Problem> {
    let exchanged = app.engine.exchange_token(asked(fields)?, client).await?;
    Ok(exchanged.map(|token| Json(exchanged_token(token))).into())
}

fn exchanged_token(token: Exchanged) -> ExchangedToken {
    ExchangedToken {
        access_token: token.text.expose().clone(),
        issued_token_type: format!("{REQUESTED}{}", token.token.token.as_str()),
        token_type: "token",
        expires_in: token.seconds,
        scope: scope(&token.token),
    }
}

/// The scope of a token, as it was asked for.
fn scope(token: &WantedToken) -> String {
    match (token.token, token.role) {
        (TokenType::Personal, _) => format!("user:{}", token.of),
        (TokenType::Team, _) => format!("team:{}", token.of),
        (_, Role::Admin) => "admin".to_owned(),
        (_, Role::Member) => String::new(),
    }
}

/// What is asked for. The command line shows these texts as they are.
fn asked(fields: Fields) -> Result<Exchange, Problem> {
    match &*fields.grant_type {
        EXCHANGE => {}
        "refresh_token" => return Err(Problem::invalid("this server issues no refresh tokens; exchange an id token")),
        _ => return Err(Problem::invalid(format!("`grant_type` must be `{EXCHANGE}`"))),
    }
    if fields.subject_token_type != ID_TOKEN {
        return Err(Problem::invalid(format!("`subject_token_type` must be `{ID_TOKEN}`")));
    }
    let organization = fields.audience.strip_prefix(AUDIENCE).filter(|name| !name.is_empty());
    let organization =
        organization.ok_or_else(|| Problem::invalid(format!("`audience` must be `{AUDIENCE}ORGANIZATION`")))?;
    let id_token = fields.subject_token.ok_or_else(|| Problem::invalid("`subject_token` is missing"))?;
    let life = seconds(fields.expiration.as_ref())
        .ok_or_else(|| Problem::invalid("`expiration` must be a number of seconds"))?;
    let token = fields.requested_token_type.strip_prefix(REQUESTED).and_then(TokenType::parse);
    let token = token.ok_or_else(|| {
        Problem::invalid(format!(
            "`requested_token_type` must be `{REQUESTED}` with `organization`, `team` or `personal`"
        ))
    })?;
    let wanted = wanted(token, fields.scope.trim())?;
    Ok(Exchange { organization: organization.to_owned(), id_token, wanted, seconds: life })
}

/// The token that a type and a scope name.
fn wanted(token: TokenType, scope: &str) -> Result<WantedToken, Problem> {
    let named = |prefix| scope.strip_prefix(prefix).filter(|name| !name.is_empty());
    let (of, role) = match token {
        TokenType::Personal => (
            named("user:").ok_or_else(|| Problem::invalid("`scope` must be `user:LOGIN` for a personal token"))?,
            Role::Member,
        ),
        TokenType::Team => (
            named("team:").ok_or_else(|| Problem::invalid("`scope` must be `team:NAME` for a token of a team"))?,
            Role::Member,
        ),
        TokenType::Organization => match scope {
            "" => ("", Role::Member),
            "admin" => ("", Role::Admin),
            _ => return Err(Problem::invalid("`scope` must be empty or `admin` for a token of an organization")),
        },
        TokenType::DeploymentRunner => {
            return Err(Problem::invalid("this server runs no deployments, so there are no tokens for runners"));
        }
    };
    Ok(WantedToken { token, of: of.to_owned(), role })
}
