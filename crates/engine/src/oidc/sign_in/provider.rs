//! The identity provider that the operator named.

use seal::SecretString;

use crate::error::Error;
use crate::oidc::issuers::check_url;

/// An identity provider by which people sign in at the console.
#[derive(Clone, Debug)]
pub struct Provider {
    /// What people call it.
    pub name: String,
    /// Its address, which its tokens name as `iss`.
    pub issuer: String,
    /// Who this server is to it.
    pub client_id: String,
    /// How this server proves that, if the provider gave it a secret.
    pub client_secret: Option<SecretString>,
    /// What it is asked for.
    pub scopes: Vec<String>,
    /// Who gets in that it vouches for.
    pub admits: Admits,
}

/// Who gets in that a provider vouches for, beside those who did before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admits {
    /// Whoever has an account with the e-mail address that the provider verified.
    Known,
    /// They, and whoever was invited by that address: they get an account, and join by the invitation.
    Invited,
    /// Everybody: whoever has no account gets one.
    Anybody,
}

impl Admits {
    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "known" => Some(Self::Known),
            "invited" => Some(Self::Invited),
            "anybody" => Some(Self::Anybody),
            _ => None,
        }
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Invited => "invited",
            Self::Anybody => "anybody",
        }
    }
}

impl Provider {
    /// Checks an address that is to be a provider's.
    pub fn check_issuer(url: &str) -> Result<(), Error> {
        check_url(url)
    }
}
