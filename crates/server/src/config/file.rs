//! The configuration file, and values from wherever they come.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{ConfigError, KEYS, Key};

/// Values of keys, from flags, environment or file. What is absent is said elsewhere.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settings {
    /// `data-dir`
    pub data_dir: Option<PathBuf>,
    /// `database-url`
    pub database_url: Option<String>,
    /// `key-file`
    pub key_file: Option<PathBuf>,
    /// `anchor`
    pub anchor: Option<PathBuf>,
    /// `listen`
    pub listen: Option<String>,
    /// `public-url`
    pub public_url: Option<String>,
    /// `tls-cert`
    pub tls_cert: Option<PathBuf>,
    /// `tls-key`
    pub tls_key: Option<PathBuf>,
    /// `trusted-proxy`
    pub trusted_proxy: Option<Vec<String>>,
    /// `egress-allow`
    pub egress_allow: Option<Vec<String>>,
    /// `egress-deny`
    pub egress_deny: Option<Vec<String>>,
    /// `egress-ca-cert`
    pub egress_ca_cert: Option<PathBuf>,
    /// `log-format`
    pub log_format: Option<String>,
    /// `log-filter`
    pub log_filter: Option<String>,
    /// `ready-file`
    pub ready_file: Option<PathBuf>,
    /// `deletion-retention`
    pub deletion_retention: Option<String>,
    /// `rate-limit-token`
    pub rate_limit_token: Option<String>,
    /// `rate-limit-address`
    pub rate_limit_address: Option<String>,
    /// `sign-in-issuer`
    pub sign_in_issuer: Option<String>,
    /// `sign-in-client-id`
    pub sign_in_client_id: Option<String>,
    /// `sign-in-client-secret`
    pub sign_in_client_secret: Option<String>,
    /// `sign-in-client-secret-file`
    pub sign_in_client_secret_file: Option<PathBuf>,
    /// `sign-in-name`
    pub sign_in_name: Option<String>,
    /// `sign-in-scope`
    pub sign_in_scope: Option<Vec<String>>,
    /// `sign-in-accounts`
    pub sign_in_accounts: Option<String>,
    /// `organization`
    pub organization: Option<String>,
    /// `admin`
    pub admin: Option<String>,
}

impl Settings {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|message| ConfigError::File { path: path.to_owned(), message })
    }

    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.to_string())?;
        if let Some(unknown) = table.keys().find(|name| KEYS.iter().all(|key| key.name != name.as_str())) {
            return Err(match Key::nearest(unknown) {
                Some(key) => format!("`{unknown}` is no key; did you mean `{}`?", key.name),
                None => format!("`{unknown}` is no key; the documentation has the table of all keys"),
            });
        }
        // Positions and messages are better from the text than from the table.
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// These values and, where there is none, the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            data_dir: self.data_dir.or(other.data_dir),
            database_url: self.database_url.or(other.database_url),
            key_file: self.key_file.or(other.key_file),
            anchor: self.anchor.or(other.anchor),
            listen: self.listen.or(other.listen),
            public_url: self.public_url.or(other.public_url),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            trusted_proxy: self.trusted_proxy.or(other.trusted_proxy),
            egress_allow: self.egress_allow.or(other.egress_allow),
            egress_deny: self.egress_deny.or(other.egress_deny),
            egress_ca_cert: self.egress_ca_cert.or(other.egress_ca_cert),
            log_format: self.log_format.or(other.log_format),
            log_filter: self.log_filter.or(other.log_filter),
            ready_file: self.ready_file.or(other.ready_file),
            deletion_retention: self.deletion_retention.or(other.deletion_retention),
            rate_limit_token: self.rate_limit_token.or(other.rate_limit_token),
            rate_limit_address: self.rate_limit_address.or(other.rate_limit_address),
            sign_in_issuer: self.sign_in_issuer.or(other.sign_in_issuer),
            sign_in_client_id: self.sign_in_client_id.or(other.sign_in_client_id),
            sign_in_client_secret: self.sign_in_client_secret.or(other.sign_in_client_secret),
            sign_in_client_secret_file: self.sign_in_client_secret_file.or(other.sign_in_client_secret_file),
            sign_in_name: self.sign_in_name.or(other.sign_in_name),
            sign_in_scope: self.sign_in_scope.or(other.sign_in_scope),
            sign_in_accounts: self.sign_in_accounts.or(other.sign_in_accounts),
            organization: self.organization.or(other.organization),
            admin: self.admin.or(other.admin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    #[test]
    fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
        let error = Settings::parse("listen = \"127.0.0.1:1\"\ndata_dir = \"x\"\n").err().unwrap();
        assert_eq!(error, "`data_dir` is no key; did you mean `data-dir`?");
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let given = Settings { listen: Some("127.0.0.1:1".into()), ..Settings::default() };
        let file = Settings::parse("listen = \"127.0.0.1:2\"\nadmin = \"ada\"").unwrap();
        let both = given.or(file);
        assert_eq!((both.listen.as_deref(), both.admin.as_deref()), (Some("127.0.0.1:1"), Some("ada")));
    }
}
