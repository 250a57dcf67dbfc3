//! Why there was no answer, and what to do about it.

use http::StatusCode;
use thiserror::Error;

/// How a server begins to say that it has no such event.
const ABSENT_EVENT: &str = "event ";

/// Why a server gave nothing. None of the texts holds a token.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// Nobody answers there.
    #[error("{address} cannot be reached; does the server run, and is that its address? It was named by {named_by}")]
    Unreachable {
        address: String,
        named_by: &'static str,
        #[source]
        source: std::io::Error,
    },
    /// Whoever answers cannot show to be the server.
    #[error(
        "no TLS connection to {address} came about; if its certificate is of your own making, give that, or that of your \
         authority, with --ca-cert"
    )]
    Distrusted {
        address: String,
        #[source]
        source: std::io::Error,
    },
    /// Something else than HTTP was answered.
    #[error("what {address} answers is not HTTP; should the address begin with https://?")]
    NotHttp {
        address: String,
        #[source]
        source: hyper::Error,
    },
    /// The connection ended before the answer did.
    #[error("the connection to {address} broke off")]
    Broken {
        address: String,
        #[source]
        source: hyper::Error,
    },
    /// The answer does not come.
    #[error("{address} has said nothing for a minute")]
    Silent { address: String },
    /// The answer is not for us.
    #[error("{address} sends its callers on to {to}; give that address")]
    Moved { address: String, to: String },
    /// The answer is beyond all measure.
    #[error("an answer of {address} is too large to be right")]
    TooLarge { address: String },
    /// The answer is not what was asked for.
    #[error("an answer of {address} cannot be read; is it a server of Escriba?")]
    NotJson {
        address: String,
        #[source]
        source: serde_json::Error,
    },
    /// The server said no.
    #[error("{}", refusal(*status, message, token_from, address))]
    Refused { address: String, status: StatusCode, message: String, token_from: &'static str },
    /// The token is no text of a header.
    #[error("the access token from {0} has characters that no token has")]
    TokenText(&'static str),
    /// The address or the path is no text of a request.
    #[error("the address of the server cannot be used")]
    Unaskable,
}

impl ClientError {
    /// Whether asking again later may help.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Broken { .. } | Self::Silent { .. } => true,
            Self::Refused { status, .. } => status.is_server_error() || *status == StatusCode::TOO_MANY_REQUESTS,
            Self::Distrusted { source, .. } => source.kind() != std::io::ErrorKind::InvalidData,
            Self::NotHttp { .. }
            | Self::Moved { .. }
            | Self::TooLarge { .. }
            | Self::NotJson { .. }
            | Self::TokenText(_)
            | Self::Unaskable => false,
        }
    }

    /// Whether the server says that it has no such event, and not that it does not know the organization.
    pub(crate) fn is_absent_event(&self) -> bool {
        matches!(self, Self::Refused { status: StatusCode::NOT_FOUND, message, .. } if message.starts_with(ABSENT_EVENT))
    }
}

fn refusal(status: StatusCode, message: &str, token_from: &str, address: &str) -> String {
    let said = if message.is_empty() { format!("{address} answers {status}") } else { message.to_owned() };
    match status {
        StatusCode::UNAUTHORIZED => format!("{said}; it came from {token_from}, and was shown to {address}"),
        StatusCode::FORBIDDEN => format!(
            "{said}. An administrator of the organization may read the log, and so may who holds `audit_logs:read`; \
             exporting needs `audit_logs:export`"
        ),
        StatusCode::NOT_FOUND if message.starts_with("organization") => {
            format!("{said}: there is none of this name, or the owner of the access token does not belong to it")
        }
        StatusCode::NOT_FOUND if message.starts_with(ABSENT_EVENT) => format!(
            "{said}: no log of the organization holds it. Is it of another one (--organization)? If an answer of the \
             server named it (`Escriba-Event`), its operator has to explain where it went"
        ),
        StatusCode::SERVICE_UNAVAILABLE => format!("{address} cannot answer now: {said}"),
        _ => said,
    }
}
