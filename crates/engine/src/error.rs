//! Why an operation gave nothing.

use std::sync::Arc;

use ledger::{Outcome, Reason};
use seal::jwt::JwtError;
use store::StoreError;
use thiserror::Error;

use crate::oidc::{Flaw, Unrecognised};

/// Why an operation gave nothing: something a caller can act on, or a failure of ours.
///
/// Each has the outcome and the reason that the log states. What a text says may be shown to
/// the caller; none holds a secret.
#[derive(Clone, Debug, Error)]
pub enum Error {
    /// The credential is not, or no longer, good.
    #[error("{0}")]
    Unauthenticated(Unauthenticated),
    /// There is no such thing.
    #[error("{0} not found")]
    Absent(What),
    /// There may be such a thing, but the caller may not know. To the caller it is the same
    /// as [`Absent`](Self::Absent); only the log tells them apart.
    #[error("{0} not found")]
    Hidden(What, Reason),
    /// The caller may know of it, but not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The name is taken.
    #[error("{0} already exists")]
    Exists(What),
    /// Somebody joined by this invitation already.
    #[error("the invitation was accepted already")]
    Accepted,
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// It changed since the caller last saw it.
    #[error("the environment was changed by somebody else; read it again and repeat the change")]
    Precondition,
    /// It has an outcome already: this process was not heard of for so long that another one said that nobody knows.
    #[error("this took so long that it was given up, and nobody knows how it ended; look before you repeat it")]
    Interrupted,
    /// Another rotation is at it.
    #[error("the environment is being rotated; wait until that has ended")]
    Rotating,
    /// The environment must not be deleted.
    #[error("the environment is protected from deletion; turn deletion protection off first")]
    Protected,
    /// The revision was retracted.
    #[error("revision {revision} was retracted; use revision {replacement} instead")]
    Retracted {
        /// Which.
        revision: u64,
        /// The one that takes its place.
        replacement: u64,
    },
    /// The definition is not right.
    #[error("the definition has errors")]
    Diagnostics(Vec<lang::Diagnostic>),
    /// The session, link or page cursor has ended.
    #[error("{0} has expired")]
    Expired(What),
    /// Somebody holds the role.
    #[error("the role is in use; take it from whoever holds it first, or delete it with `force=true`")]
    RoleHeld,
    /// An organisation must keep an administrator.
    #[error("the organization would be left without an administrator; make somebody else one first")]
    LastAdmin,
    /// An identity that somebody else vouches for is not believed.
    #[error("{0}")]
    IdToken(Flaw),
    /// Somebody whom the identity provider may know is nobody here.
    #[error("{0}")]
    SignIn(Unrecognised),
    /// An issuer of identities does not answer as it should.
    #[error("the issuer's keys could not be had: {0}")]
    Issuer(String),
    /// Whoever was asked said no.
    #[error("this was declined")]
    Declined,
    /// A ciphertext does not belong here or was changed.
    #[error("a secret of this definition cannot be decrypted: it was changed, or belongs to another environment")]
    Undecipherable,
    /// A ciphertext that somebody sent does not belong to the environment or was changed.
    #[error("ciphertext {number} cannot be decrypted: it was changed, or belongs to another environment")]
    Ciphertext {
        /// Which of those that were sent, counted from 1.
        number: usize,
    },
    /// The request brings more than is taken at once.
    #[error("{0}")]
    TooLarge(&'static str),
    /// Too many requests came.
    #[error("there were too many requests; try again in {seconds} seconds")]
    RateLimited {
        /// When the next one is taken.
        seconds: u64,
    },
    /// No checkpoint covers the event yet.
    #[error("no checkpoint covers the event yet; ask again in a moment")]
    Uncovered,
    /// The database refused or failed.
    #[error("the request could not be recorded, so it was not carried out")]
    Store(#[source] Arc<StoreError>),
}

/// What is wrong with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unauthenticated {
    /// None was given.
    #[error("no access token was given")]
    Missing,
    /// It is no token of ours.
    #[error("the access token is malformed")]
    Malformed,
    /// Nobody has it.
    #[error("the access token is not valid")]
    Unknown,
    /// It has expired.
    #[error("the access token has expired")]
    Expired,
    /// It was revoked.
    #[error("the access token was revoked")]
    Revoked,
    /// It is of a kind that this use does not take.
    #[error("this kind of credential cannot be used here")]
    Unfit,
    /// The login or the password is wrong.
    #[error("the login or the password is wrong")]
    Password,
}

/// A kind of thing, as messages name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum What {
    /// An environment.
    #[error("environment")]
    Environment,
    /// An organisation.
    #[error("organization")]
    Organization,
    /// A revision.
    #[error("revision")]
    Revision,
    /// An open session.
    #[error("session")]
    Session,
    /// A property of an open session.
    #[error("property")]
    Property,
    /// A member.
    #[error("member")]
    Member,
    /// A team.
    #[error("team")]
    Team,
    /// A role of an organisation's own.
    #[error("role")]
    Role,
    /// A grant of a team on an environment.
    #[error("grant")]
    Grant,
    /// A user.
    #[error("user")]
    User,
    /// A token.
    #[error("token")]
    Token,
    /// A tag of a revision or an environment.
    #[error("tag")]
    Tag,
    /// A schedule.
    #[error("schedule")]
    Schedule,
    /// A one-time link.
    #[error("link")]
    Link,
    /// An invitation.
    #[error("invitation")]
    Invite,
    /// An event of the audit log.
    #[error("event")]
    Event,
    /// A log.
    #[error("log")]
    Log,
    /// A checkpoint of a log.
    #[error("checkpoint")]
    Checkpoint,
    /// An issuer of identities.
    #[error("issuer")]
    Issuer,
    /// The policy of an issuer.
    #[error("policy")]
    Policy,
    /// A tile of a log, or the entries below one.
    #[error("tile")]
    Tile,
}

impl Error {
    /// Tells the operator, if it is the database that failed: the caller is told nothing of that.
    pub(crate) fn tell_operator(&self) {
        if let Self::Store(source) = self {
            tracing::error!(error = &**source as &dyn std::error::Error, "an operation failed in the database");
        }
    }

    /// How the log states it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Unauthenticated(why) => Outcome::Denied(why.reason()),
            Self::Absent(_) => Outcome::Failed(Reason::Absent),
            Self::Hidden(_, reason) => Outcome::Denied(*reason),
            Self::Forbidden(_) => Outcome::Denied(Reason::PermissionMissing),
            Self::Exists(_) | Self::Accepted => Outcome::Failed(Reason::Exists),
            Self::Precondition | Self::Rotating | Self::RoleHeld | Self::Uncovered => {
                Outcome::Failed(Reason::Precondition)
            }
            Self::Interrupted => Outcome::Failed(Reason::Interrupted),
            Self::Invalid(_) | Self::TooLarge(_) => Outcome::Failed(Reason::Invalid),
            Self::Protected => Outcome::Failed(Reason::Protected),
            Self::Retracted { .. } => Outcome::Failed(Reason::Retracted),
            Self::Diagnostics(_) => Outcome::Failed(Reason::EvaluationFailed),
            Self::Expired(_) => Outcome::Failed(Reason::Expired),
            Self::LastAdmin => Outcome::Failed(Reason::LastAdmin),
            Self::IdToken(flaw) => Outcome::Denied(reason(*flaw)),
            Self::SignIn(why) => why.outcome(),
            Self::Issuer(_) => Outcome::Failed(Reason::ProviderFailed),
            Self::Declined => Outcome::Failed(Reason::Cancelled),
            Self::Undecipherable | Self::Ciphertext { .. } => Outcome::Failed(Reason::DecryptionFailed),
            Self::RateLimited { .. } => Outcome::Denied(Reason::RateLimited),
            Self::Store(_) => Outcome::Failed(Reason::StorageFailed),
        }
    }

    /// Whether it is a missing permission, and not something else that went wrong.
    pub fn is_denial(&self) -> bool {
        matches!(self, Self::Hidden(..) | Self::Forbidden(_))
    }
}

/// How the log states what is wrong with an identity.
fn reason(flaw: Flaw) -> Reason {
    match flaw {
        Flaw::Token(JwtError::Malformed | JwtError::Algorithm | JwtError::Keys) => Reason::CredentialMalformed,
        Flaw::Token(JwtError::UnknownKey | JwtError::Signature) | Flaw::Issuer => Reason::CredentialUnknown,
        Flaw::Audience | Flaw::Early | Flaw::Nonce => Reason::CredentialUnfit,
        Flaw::Expired => Reason::CredentialExpired,
    }
}

impl Unauthenticated {
    /// How the log states it.
    pub fn reason(self) -> Reason {
        match self {
            Self::Missing => Reason::CredentialMissing,
            Self::Malformed => Reason::CredentialMalformed,
            Self::Unknown => Reason::CredentialUnknown,
            Self::Expired => Reason::CredentialExpired,
            Self::Revoked => Reason::CredentialRevoked,
            Self::Unfit => Reason::CredentialUnfit,
            Self::Password => Reason::PasswordWrong,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(Arc::new(error))
    }
}
