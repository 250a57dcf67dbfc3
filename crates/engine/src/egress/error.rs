//! Why a call outside gave nothing.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// Why a call outside gave nothing.
///
/// The texts are shown to whoever wrote the definition, beside the place of the call in it. They name no address, host
/// or path: these may hold secrets, and to what a private name resolves is nobody's business.
#[derive(Debug, Error)]
pub enum EgressError {
    /// It is no address that could be called.
    #[error("the address cannot be called: {0}")]
    Address(&'static str),
    /// The name does not resolve.
    #[error("the host's name cannot be resolved; is it spelled right?")]
    Unresolved(#[source] io::Error),
    /// The policy says no.
    #[error(
        "the host has a {kind} address, which this server does not call; its operator can allow it with `egress-allow`"
    )]
    Forbidden {
        /// Of what kind the address is.
        kind: &'static str,
    },
    /// The operator said no.
    #[error("the host has an address that the operator of this server denies with `egress-deny`")]
    Denied,
    /// Nobody listens there.
    #[error("the host cannot be connected to; is something listening on that port, and may this server reach it?")]
    Unreachable(#[source] io::Error),
    /// No connection came about in time.
    #[error("no connection to the host came about in time; may this server reach it?")]
    Unanswered,
    /// Its certificate is not trusted, or it speaks no TLS.
    #[error("no TLS connection came about; the operator of this server can trust an authority with `egress-ca-cert`")]
    Distrusted(#[source] io::Error),
    /// It speaks no HTTP, or stopped in the middle.
    #[error("the host broke off before its answer was complete, or does not speak HTTP")]
    Broken(#[source] hyper::Error),
    /// It took too long.
    #[error("the host did not answer in time")]
    Late,
    /// Too many calls of the organisation wait for their answers.
    #[error("too many calls of this organization wait for answers; try again in a moment")]
    Busy,
    /// More than may be sent.
    #[error("the request is larger than {limit} bytes; send less")]
    RequestTooLarge {
        /// How much may be sent.
        limit: usize,
    },
    /// More than may be answered.
    #[error("the answer is larger than {limit} bytes; have the host answer less")]
    TooLarge {
        /// How much may be answered.
        limit: usize,
    },
    /// This machine trusts nobody.
    #[error(
        "this server has no certificates of authorities to trust; its operator can give some with `egress-ca-cert`"
    )]
    NobodyTrusted,
}

/// Why there is no way out.
#[derive(Debug, Error)]
pub enum EgressSetUpError {
    /// The file of authorities cannot be used.
    #[error("cannot use the certificates in {path}; it must hold certificates of authorities as PEM")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
