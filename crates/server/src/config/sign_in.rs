//! The identity provider by which people sign in, from its keys.

use engine::seal::SecretString;
use engine::{Admits, Provider};

use super::{ConfigError, Settings};

/// What a provider is asked for where nobody says otherwise.
const SCOPES: [&str; 3] = ["openid", "email", "profile"];

/// The provider, if the settings name one. What is taken is theirs no more.
pub(super) fn provider(settings: &mut Settings) -> Result<Option<Provider>, ConfigError> {
    let value = |key, message: &str| ConfigError::Value { key, message: message.to_owned() };
    let Some(issuer) = settings.sign_in_issuer.take() else {
        let others = [
            ("sign-in-client-id", settings.sign_in_client_id.is_some()),
            ("sign-in-client-secret", settings.sign_in_client_secret.is_some()),
            ("sign-in-client-secret-file", settings.sign_in_client_secret_file.is_some()),
        ];
        return match others.iter().find(|(_, is_there)| *is_there) {
            Some((key, _)) => Err(value(key, "needs `sign-in-issuer`")),
            None => Ok(None),
        };
    };
    Provider::check_issuer(&issuer).map_err(|error| value("sign-in-issuer", &error.to_string()))?;
    let client_id = settings.sign_in_client_id.take().filter(|id| !id.is_empty());
    let client_id = client_id.ok_or_else(|| value("sign-in-client-id", "`sign-in-issuer` needs it"))?;
    let admits = settings.sign_in_accounts.take();
    let admits = Admits::parse(admits.as_deref().unwrap_or(Admits::Invited.as_str()))
        .ok_or_else(|| value("sign-in-accounts", "must be `known`, `invited` or `anybody`"))?;
    let mut scopes = settings.sign_in_scope.take().unwrap_or_else(|| SCOPES.map(str::to_owned).to_vec());
    if scopes.iter().any(|scope| scope.is_empty() || !scope.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(value("sign-in-scope", "a scope is one word"));
    }
    if !scopes.iter().any(|scope| scope == "openid") {
        // Without it this is no OpenID Connect.
        scopes.insert(0, "openid".to_owned());
    }
    let name = settings.sign_in_name.take().unwrap_or_else(|| host(&issuer).to_owned());
    Ok(Some(Provider { name, client_id, client_secret: secret(settings)?, scopes, admits, issuer }))
}

fn secret(settings: &mut Settings) -> Result<Option<SecretString>, ConfigError> {
    let key = "sign-in-client-secret";
    let text = match (settings.sign_in_client_secret.take(), settings.sign_in_client_secret_file.take()) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let message = "give it, or `sign-in-client-secret-file`, and not both".to_owned();
            return Err(ConfigError::Value { key, message });
        }
        (Some(text), None) => text,
        (None, Some(path)) => {
            std::fs::read_to_string(&path).map_err(|source| ConfigError::SecretFile { path, source })?
        }
    };
    let secret = SecretString::new(text.trim().to_owned());
    if secret.expose().is_empty() {
        return Err(ConfigError::Value { key, message: "is empty".to_owned() });
    }
    Ok(Some(secret))
}

/// The host of an address, with its port.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use engine::Admits;

    use super::super::Settings;
    use super::provider;

    fn settings() -> Settings {
        Settings {
            sign_in_issuer: Some("https://idp.example:8443/realms/acme".into()),
            sign_in_client_id: Some("escriba".into()),
            ..Settings::default()
        }
    }

    #[test]
    fn a_provider_needs_an_address_and_a_client_and_has_defaults_for_the_rest() {
        assert!(provider(&mut Settings::default()).unwrap().is_none());
        let made = provider(&mut settings()).unwrap().unwrap();
        assert_eq!((&*made.name, made.admits), ("idp.example:8443", Admits::Invited));
        assert_eq!(made.scopes, ["openid", "email", "profile"]);
        let few = Settings { sign_in_scope: Some(vec!["email".into()]), ..settings() };
        assert_eq!(provider(&mut few.clone()).unwrap().unwrap().scopes, ["openid", "email"]);
        let secret = Settings { sign_in_client_secret: Some("s3cret\n".into()), ..settings() };
        let made = provider(&mut secret.clone()).unwrap().unwrap();
        assert_eq!(made.client_secret.as_ref().unwrap().expose(), "s3cret");
        assert!(!format!("{made:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_missing_or_makes_no_sense_is_named_by_its_key() {
        for (key, settings) in [
            ("sign-in-client-id", Settings { sign_in_client_id: None, ..settings() }),
            ("sign-in-client-id", Settings { sign_in_issuer: None, ..settings() }),
            ("sign-in-issuer", Settings { sign_in_issuer: Some("http://idp.example".into()), ..settings() }),
            ("sign-in-accounts", Settings { sign_in_accounts: Some("everybody".into()), ..settings() }),
            ("sign-in-scope", Settings { sign_in_scope: Some(vec!["a b".into()]), ..settings() }),
            ("sign-in-client-secret", Settings { sign_in_client_secret: Some(" ".into()), ..settings() }),
            (
                "sign-in-client-secret",
                Settings {
                    sign_in_client_secret: Some("a".into()),
                    sign_in_client_secret_file: Some("/nowhere".into()),
                    ..settings()
                },
            ),
        ] {
            let error = provider(&mut settings.clone()).err().unwrap().to_string();
            assert!(error.starts_with(&format!("`{key}`: ")), "{error}");
        }
        let lost = Settings { sign_in_client_secret_file: Some("/nowhere/secret".into()), ..settings() };
        let error = provider(&mut lost.clone()).err().unwrap().to_string();
        assert_eq!(error, "cannot read the client secret in /nowhere/secret");
    }
}
