//! The providers: what `fn::open` can open.
//!
//! A provider is a row of the table, a variant of [`Prepared`], and a file. What it takes is held against its schema
//! before it comes here, and what it gives is secret unless it says otherwise.

mod error;
mod external;
pub(crate) mod id_token;
pub(crate) mod plain;
pub(crate) mod signed;
mod vault;
mod vault_login;
mod vault_secrets;

use std::collections::HashMap;
use std::sync::LazyLock;

use lang::{ProviderSchema, Schema, Value};
use ledger::{Detail, Event, OrganizationId};

use crate::Engine;

pub(crate) use error::ProviderError;

use external::External;
use plain::to_json;
use vault_login::VaultLogin;
use vault_secrets::VaultSecrets;

/// A provider or a rotator, for whoever asks what there is.
#[derive(Debug)]
pub struct Listed {
    /// Its name, as definitions have it after `fn::open::` or `fn::rotate::`.
    pub name: &'static str,
    /// What it is for, in a sentence.
    pub about: &'static str,
    /// What it takes and gives.
    pub schema: ProviderSchema,
}

/// All providers, sorted by name.
pub fn providers() -> &'static [Listed] {
    static PROVIDERS: LazyLock<[Listed; 3]> = LazyLock::new(|| {
        [
            Listed {
                name: external::NAME,
                about: "Asks an HTTPS endpoint of yours, with a signed request that says who opens what.",
                schema: external::schema(),
            },
            Listed {
                name: vault_login::NAME,
                about: "Logs in to HashiCorp Vault or OpenBao, with an ID token of this server or with a token.",
                schema: vault_login::schema(),
            },
            Listed {
                name: vault_secrets::NAME,
                about: "Reads secrets from HashiCorp Vault or OpenBao.",
                schema: vault_secrets::schema(),
            },
        ]
    });
    &*PROVIDERS
}

/// What all providers take and give.
pub(crate) fn schemas() -> HashMap<String, ProviderSchema> {
    providers().iter().map(|listed| (listed.name.to_owned(), listed.schema.clone())).collect()
}

/// A schema of the program's own.
fn known_schema(json: &serde_json::Value) -> Schema {
    Schema::parse(json).expect("the schemas of this program are schemas")
}

/// Who opens what: what a provider may tell others.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) engine: Engine,
    pub(crate) organization: OrganizationId,
    pub(crate) organization_name: String,
    /// The login of the person.
    pub(crate) login: String,
    /// The environment that is opened.
    pub(crate) root: String,
    /// The environment in whose text the call stands.
    pub(crate) current: String,
}

/// A call that can be made: its inputs are understood.
pub(crate) enum Prepared {
    External(External),
    VaultLogin(VaultLogin),
    VaultSecrets(VaultSecrets),
}

impl Prepared {
    /// Reads the inputs of a provider.
    pub(crate) fn new(name: &str, inputs: &Value) -> Result<Self, ProviderError> {
        let inputs = to_json(inputs)?;
        match name {
            external::NAME => External::new(inputs).map(Self::External),
            vault_login::NAME => VaultLogin::new(inputs).map(Self::VaultLogin),
            vault_secrets::NAME => VaultSecrets::new(inputs).map(Self::VaultSecrets),
            _ => Err(ProviderError::Inputs("there is no such provider".to_owned())),
        }
    }

    /// What the call leaves behind that outlives it, as the log says it: recorded before it is made.
    pub(crate) fn effect(&self) -> Option<(Event, Detail)> {
        match self {
            Self::External(_) => Some(id_token::issued(external::NAME)),
            Self::VaultLogin(login) if login.tells_who() => Some(id_token::issued(vault_login::NAME)),
            Self::VaultLogin(_) => Some((Event::CredentialMinted, Detail::new().word("provider", vault_login::NAME))),
            Self::VaultSecrets(_) => None,
        }
    }

    /// Makes the call.
    pub(crate) async fn open(self, caller: &Caller) -> Result<Value, ProviderError> {
        match self {
            Self::External(external) => external.open(caller).await,
            Self::VaultLogin(login) => login.open(caller).await,
            Self::VaultSecrets(secrets) => secrets.open(caller).await,
        }
    }
}
