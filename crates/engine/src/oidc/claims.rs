//! What a verified token says, and whether that still holds.

use seal::jwt::JwtError;
use serde::Deserialize;
use serde_json::{Map, Value};
use thiserror::Error;

/// How far the clocks of others may be from ours, in seconds.
const LEEWAY: i64 = 60;

/// Why an identity is not believed. Its text may be shown to whoever presented it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// It is malformed, or the signature does not hold.
    #[error("the id token is not accepted: {0}")]
    Token(JwtError),
    /// Nobody trusts whoever issued it.
    #[error("the id token is not accepted: its issuer is not registered with the organization")]
    Issuer,
    /// It was made for somebody else.
    #[error("the id token is not accepted: it was not issued for this use; look at its `aud`")]
    Audience,
    /// It has expired, or does not say when it will.
    #[error("the id token is not accepted: it has expired")]
    Expired,
    /// It is not valid yet.
    #[error("the id token is not accepted: it is not valid yet")]
    Early,
    /// It answers another question than the one that was asked.
    #[error("the id token is not accepted: it belongs to another attempt to sign in")]
    Nonce,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Claims(pub(crate) Map<String, Value>);

/// What a token must say to be believed.
pub(crate) struct Expected<'a> {
    /// Who issued it, byte for byte.
    pub(crate) issuer: &'a str,
    /// For whom it was made.
    pub(crate) audience: &'a str,
    /// The time, in microseconds.
    pub(crate) now: i64,
}

impl Claims {
    /// Checks issuer, audience and times.
    pub(crate) fn check(&self, expected: &Expected<'_>) -> Result<(), Flaw> {
        if self.text("iss") != Some(expected.issuer) {
            return Err(Flaw::Issuer);
        }
        if !self.says("aud", |audience| audience == expected.audience) {
            return Err(Flaw::Audience);
        }
        let now = expected.now / 1_000_000;
        let end = self.time("exp")?.ok_or(Flaw::Expired)?;
        if end.saturating_add(LEEWAY) <= now {
            return Err(Flaw::Expired);
        }
        for begin in [self.time("nbf")?, self.time("iat")?].into_iter().flatten() {
            if begin.saturating_sub(LEEWAY) > now {
                return Err(Flaw::Early);
            }
        }
        Ok(())
    }

    /// A claim that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// Whether a claim, or one of the values that it lists, is such a text.
    pub(crate) fn says(&self, name: &str, is: impl Fn(&str) -> bool) -> bool {
        let one = |value: &Value| match value {
            Value::String(text) => is(text),
            Value::Number(number) => is(&number.to_string()),
            Value::Bool(boolean) => is(if *boolean { "true" } else { "false" }),
            Value::Null | Value::Array(_) | Value::Object(_) => false,
        };
        match self.0.get(name) {
            Some(Value::Array(values)) => values.iter().any(one),
            Some(value) => one(value),
            None => false,
        }
    }

    /// A time in seconds; some issuers write a fraction.
    fn time(&self, name: &str) -> Result<Option<i64>, Flaw> {
        #[expect(clippy::cast_possible_truncation, reason = "a cast saturates, and nothing is lost but the fraction")]
        let whole = |value: &Value| value.as_i64().or_else(|| value.as_f64().map(|seconds| seconds as i64));
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => whole(value).map(Some).ok_or(Flaw::Token(JwtError::Malformed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Claims, Expected, Flaw};

    fn check(change: &Value) -> Result<(), Flaw> {
        let mut claims = json!({ "iss": "https://idp.example", "aud": ["x", "escriba"], "exp": 1_100, "iat": 1_000 });
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let claims = claims.as_object().unwrap().clone();
        let claims = Claims(claims.into_iter().filter(|(_, value)| !value.is_null()).collect());
        claims.check(&Expected { issuer: "https://idp.example", audience: "escriba", now: 1_000_000_000 })
    }

    #[test]
    fn an_identity_holds_for_its_audience_and_its_time() {
        for good in [json!({}), json!({ "aud": "escriba" }), json!({ "exp": 941 }), json!({ "nbf": 1_060.5 })] {
            assert_eq!(check(&good), Ok(()), "{good}");
        }
        for (bad, flaw) in [
            (json!({ "iss": "https://idp.example/" }), Flaw::Issuer),
            (json!({ "iss": null }), Flaw::Issuer),
            (json!({ "aud": "other" }), Flaw::Audience),
            (json!({ "aud": [] }), Flaw::Audience),
            (json!({ "aud": null }), Flaw::Audience),
            (json!({ "exp": 940 }), Flaw::Expired),
            (json!({ "exp": null }), Flaw::Expired),
            (json!({ "nbf": 1_061 }), Flaw::Early),
            (json!({ "iat": 1_061 }), Flaw::Early),
        ] {
            assert_eq!(check(&bad), Err(flaw), "{bad}");
        }
        assert!(matches!(check(&json!({ "exp": "soon" })), Err(Flaw::Token(_))));
    }
}
