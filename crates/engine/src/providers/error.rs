//! Why a provider gave nothing.

use http::StatusCode;
use ledger::{Outcome, Reason};
use thiserror::Error;

use crate::egress::EgressError;

/// Why a provider gave nothing. The text is shown beside the call in the definition, and holds none of its inputs.
#[derive(Debug, Error)]
pub(crate) enum ProviderError {
    /// The inputs fit the schema, and make no sense.
    #[error("{0}")]
    Inputs(String),
    /// The call did not come about.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// It was answered with something else than success.
    #[error("{}", refused(*status, hint))]
    Refused {
        /// The status.
        status: StatusCode,
        /// What it may mean.
        hint: &'static str,
    },
    /// The answer is not what it should be.
    #[error("{0}")]
    Answer(&'static str),
    /// All that the evaluation called took too long.
    #[error("the providers of this definition took too long together")]
    OutOfTime,
    /// This server cannot say who it is.
    #[error("this server does not know its own address; its operator can set `public-url`")]
    Nameless,
}

fn refused(status: StatusCode, hint: &str) -> String {
    let status = status.as_u16();
    match status {
        300..=399 => format!("the host answered with status {status}; redirections are not followed"),
        _ if hint.is_empty() => format!("the host answered with status {status}"),
        _ => format!("the host answered with status {status}: {hint}"),
    }
}

impl ProviderError {
    /// How the log states what came of a call. Where the request may have arrived, nobody knows what it did.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::OutOfTime | Self::Egress(EgressError::Late) => Outcome::Unknown(Reason::TimedOut),
            Self::Answer(_) | Self::Egress(EgressError::Broken(_) | EgressError::TooLarge { .. }) => {
                Outcome::Unknown(Reason::ProviderFailed)
            }
            Self::Inputs(_) | Self::Refused { .. } | Self::Nameless | Self::Egress(_) => {
                Outcome::Failed(Reason::ProviderFailed)
            }
        }
    }
}
