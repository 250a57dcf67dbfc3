//! The configuration: flags, environment, one TOML file, defaults; in this order.
//!
//! Every key stands in one table, [`KEYS`], from which the documentation and the messages are
//! made. An unknown key is refused, with the one that was probably meant.

mod file;
mod keys;
mod sign_in;

use std::path::PathBuf;

use engine::Provider;
use engine::egress::EgressSettings;
use ipnet::IpNet;
use thiserror::Error;

pub use file::Settings;
pub use keys::{KEYS, Key};

use crate::installation::Location;
use crate::telemetry::LogFormat;

/// Why the configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not right.
    #[error("the configuration file {path}: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// The client secret cannot be read.
    #[error("cannot read the client secret in {path}")]
    SecretFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A value is not right.
    #[error("`{key}`: {message}")]
    Value {
        /// The key.
        key: &'static str,
        /// What is wrong.
        message: String,
    },
}

/// How many days a deleted environment can be restored where nobody says otherwise.
const RETENTION: u32 = 90;

/// The effective configuration.
#[derive(Clone)]
pub struct Config {
    /// Where the installation lies.
    pub location: Location,
    /// Where to listen.
    pub listen: String,
    /// Where users reach the server; made of the address where none is given.
    pub public_url: Option<String>,
    /// The certificate chain.
    pub tls_cert: Option<PathBuf>,
    /// Its key.
    pub tls_key: Option<PathBuf>,
    /// The proxies whose word on the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// What the program's log looks like.
    pub log_format: LogFormat,
    /// Which lines it has.
    pub log_filter: String,
    /// Gets the address as a line once the server listens.
    pub ready_file: Option<PathBuf>,
    /// How many days a deleted environment can be restored; none means for ever.
    pub deletion_retention: Option<u32>,
    /// How many requests a second one token may make; none means any number.
    pub rate_limit_token: Option<u32>,
    /// How many one network of clients may make.
    pub rate_limit_address: Option<u32>,
    /// The identity provider by which people sign in.
    pub provider: Option<Provider>,
    /// The organisation that a first start makes.
    pub organization: String,
    /// The administrator that a first start makes.
    pub admin: String,
}

impl Config {
    /// Puts the configuration together: what flags and environment say (`given`), what the file
    /// says, what is the default.
    pub fn load(given: Settings, file: Option<PathBuf>) -> Result<Self, ConfigError> {
        let settings = match file {
            Some(path) => given.or(Settings::read(&path)?),
            None => given,
        };
        settings.try_into()
    }

    /// The location alone, for what only needs that.
    pub fn location(given: Settings, file: Option<PathBuf>) -> Result<Location, ConfigError> {
        Ok(Self::load(given, file)?.location)
    }

    /// What the log commits to as the configuration of a process: every effective value, but of
    /// the database's address only whether there is one, since it may hold a password, and no secret.
    pub fn digest_text(&self) -> String {
        let rate = |rate: Option<u32>| rate.map_or("off".to_owned(), |rate| rate.to_string());
        let path = |path: &Option<PathBuf>| path.as_ref().map_or(String::new(), |path| path.display().to_string());
        let networks = |list: &[IpNet]| list.iter().map(IpNet::to_string).collect::<Vec<_>>().join(",");
        let egress = &self.location.egress;
        let provider = |value: fn(&Provider) -> String| self.provider.as_ref().map_or_else(String::new, value);
        [
            ("data-dir", self.location.data_dir.display().to_string()),
            ("database", if self.location.database_url.is_some() { "postgres" } else { "sqlite" }.to_owned()),
            ("key-file", path(&self.location.key_file)),
            ("anchor", path(&self.location.anchor)),
            ("listen", self.listen.clone()),
            ("public-url", self.public_url.clone().unwrap_or_default()),
            ("tls-cert", path(&self.tls_cert)),
            ("tls-key", path(&self.tls_key)),
            ("trusted-proxy", networks(&self.trusted_proxies)),
            ("egress-allow", networks(&egress.allow)),
            ("egress-deny", networks(&egress.deny)),
            ("egress-ca-cert", path(&egress.ca_cert)),
            ("rate-limit-token", rate(self.rate_limit_token)),
            ("rate-limit-address", rate(self.rate_limit_address)),
            ("sign-in-issuer", provider(|provider| provider.issuer.clone())),
            ("sign-in-client-id", provider(|provider| provider.client_id.clone())),
            ("sign-in-name", provider(|provider| provider.name.clone())),
            ("sign-in-scope", provider(|provider| provider.scopes.join(","))),
            ("sign-in-accounts", provider(|provider| provider.admits.as_str().to_owned())),
            ("deletion-retention", self.deletion_retention.map_or("forever".to_owned(), |days| days.to_string())),
        ]
        .map(|(key, value)| format!("{key}={value}\n"))
        .concat()
    }
}

impl TryFrom<Settings> for Config {
    type Error = ConfigError;

    fn try_from(mut settings: Settings) -> Result<Self, ConfigError> {
        let provider = sign_in::provider(&mut settings)?;
        let value = |key, message: &str| ConfigError::Value { key, message: message.to_owned() };
        let trusted_proxies = networks("trusted-proxy", settings.trusted_proxy)?;
        let egress = EgressSettings {
            allow: networks("egress-allow", settings.egress_allow)?,
            deny: networks("egress-deny", settings.egress_deny)?,
            ca_cert: settings.egress_ca_cert,
            ..EgressSettings::default()
        };
        let log_format = match settings.log_format.as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(_) => return Err(value("log-format", "must be `text` or `json`")),
        };
        let deletion_retention = match settings.deletion_retention.as_deref() {
            None => Some(RETENTION),
            Some("forever") => None,
            Some(days) => {
                Some(days.parse().map_err(|_| value("deletion-retention", "must be a number of days, or `forever`"))?)
            }
        };
        if settings.tls_cert.is_some() != settings.tls_key.is_some() {
            return Err(value("tls-cert", "TLS needs both --tls-cert and --tls-key"));
        }
        let is_web = |url: &String| url.starts_with("http://") || url.starts_with("https://");
        if settings.public_url.as_ref().is_some_and(|url| !is_web(url)) {
            return Err(value("public-url", "must begin with http:// or https://"));
        }
        let is_postgres = |url: &String| url.starts_with("postgres://") || url.starts_with("postgresql://");
        if settings.database_url.as_ref().is_some_and(|url| !is_postgres(url)) {
            return Err(value("database-url", "must begin with postgres://; without it the embedded database is used"));
        }
        Ok(Self {
            location: Location {
                data_dir: settings.data_dir.unwrap_or_else(|| PathBuf::from("escriba-data")),
                database_url: settings.database_url,
                key_file: settings.key_file,
                anchor: settings.anchor,
                egress,
            },
            listen: settings.listen.unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
            public_url: settings.public_url,
            tls_cert: settings.tls_cert,
            tls_key: settings.tls_key,
            trusted_proxies,
            log_format,
            log_filter: settings.log_filter.unwrap_or_else(|| "info".to_owned()),
            ready_file: settings.ready_file,
            deletion_retention,
            rate_limit_token: rate("rate-limit-token", settings.rate_limit_token.as_deref(), 200)?,
            rate_limit_address: rate("rate-limit-address", settings.rate_limit_address.as_deref(), 1_000)?,
            provider,
            organization: settings.organization.unwrap_or_else(|| "escriba".to_owned()),
            admin: settings.admin.unwrap_or_else(|| "admin".to_owned()),
        })
    }
}

/// The networks of a key.
fn networks(key: &'static str, texts: Option<Vec<String>>) -> Result<Vec<IpNet>, ConfigError> {
    texts.unwrap_or_default().iter().map(|text| network(key, text)).collect()
}

/// A number of requests a second, or `off`.
fn rate(key: &'static str, text: Option<&str>, default: u32) -> Result<Option<u32>, ConfigError> {
    match text {
        None => Ok(Some(default)),
        Some("off") => Ok(None),
        Some(text) => match text.parse() {
            Ok(rate) if rate > 0 => Ok(Some(rate)),
            _ => {
                let message = format!("`{text}` is no number of requests a second; write one from 1, or `off`");
                Err(ConfigError::Value { key, message })
            }
        },
    }
}

/// A network, or one address.
fn network(key: &'static str, text: &str) -> Result<IpNet, ConfigError> {
    text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from)).map_err(|_| {
        ConfigError::Value { key, message: format!("`{text}` is no network; write one as 10.0.0.0/8, or an address") }
    })
}
