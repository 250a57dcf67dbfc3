//! `POST /api/oauth/token`: an identity becomes a token (RFC 8693).

use api::ExchangedToken;
use axum::extract::State;
use engine::seal::SecretString;
use engine::{Exchange, Exchanged, TokenType};
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
        issued_token_type: format!("{REQUESTED}{}", TokenType::Personal.as_str()),
        token_type: "token",
        expires_in: token.seconds,
        scope: format!("user:{}", token.of),
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
    let token =
        token.ok_or_else(|| Problem::invalid(format!("`requested_token_type` must be `{REQUESTED}personal`")))?;
    let scope = fields.scope.trim();
    // Whoever acts as an organization or a team has no identity of somebody else's yet.
    let of = match token {
        TokenType::Personal => scope.strip_prefix("user:").filter(|login| !login.is_empty()).map(str::to_owned),
        TokenType::Organization | TokenType::Team => {
            return Err(Problem::invalid(
                "identities are exchanged for personal tokens only; ask with `scope` `user:LOGIN`",
            ));
        }
        TokenType::DeploymentRunner => return Err(Problem::invalid("this server runs no deployments")),
    };
    let of = of.ok_or_else(|| Problem::invalid("`scope` must be `user:LOGIN` for a personal token"))?;
    Ok(Exchange { organization: organization.to_owned(), id_token, of, seconds: life })
}
