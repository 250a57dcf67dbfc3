//! Identities that others vouch for: the issuers that an organisation trusts, the rules of that trust, and the
//! exchange of an identity for a token; and the one by which people sign in.

mod claims;
mod discovery;
mod exchange;
mod issuers;
mod keys;
mod policy;
mod rules;
mod sign_in;

pub use claims::Flaw;
pub(crate) use claims::{Claims, Expected};
pub use exchange::{Exchange, Exchanged};
pub use issuers::{IssuerChange, IssuerInfo, NewIssuer};
pub(crate) use keys::KnownIssuers;
pub use policy::PolicyInfo;
pub use rules::{Decision, Rule, TokenType, WantedToken};
pub use sign_in::{Admits, BegunSignIn, Provider, ReturnedSignIn, Unrecognised};

/// Who relies on what an issuer says, which decides how that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RelyingParty {
    /// An organisation, one of whose administrators named it.
    Organization(ledger::OrganizationId),
    /// The server itself, whose operator named it.
    Server,
}
