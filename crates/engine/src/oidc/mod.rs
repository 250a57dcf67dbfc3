//! Identities that others vouch for: the issuers that an organisation trusts, the rules of that trust, and the
//! exchange of an identity for a token.

mod claims;
mod discovery;
mod exchange;
mod issuers;
mod keys;
mod policy;
mod rules;

pub use claims::Flaw;
pub(crate) use claims::{Claims, Expected};
pub use exchange::{Exchange, Exchanged};
pub use issuers::{IssuerChange, IssuerInfo, NewIssuer};
pub(crate) use keys::KnownKeys;
pub use policy::PolicyInfo;
pub use rules::{Decision, Rule, TokenType, WantedToken};
