//! Which log somebody may read: the organisation's, one that it continues, or the server's.

use ledger::{CredentialKind, LogId, Reason};
use store::organization::Organization;
use store::{LogKey, Read, instance, log, tree};

use super::filter::WhichLog;
use crate::access::{Scope, enter, permit_scope};
use crate::audit::{Attempt, Place};
use crate::context::Who;
use crate::error::{Error, What};

/// A log that the caller may read.
pub(super) struct Reached {
    /// The organisation that was asked for it.
    pub(super) organization: Organization,
    /// The log.
    pub(super) log: LogKey,
    /// The log that it continues.
    pub(super) predecessor: Option<LogId>,
    /// Whether this is the log that the organisation writes today.
    pub(super) current: bool,
    /// Whether the caller may read the server's log, too.
    pub(super) keeps_server: bool,
}

/// Finds the log that somebody asks an organisation for, and checks that they may read it.
///
/// The server's log belongs to no organisation. The first administrator reads it, and whoever has a shell on the host;
/// what they read of it is recorded there.
pub(super) async fn reach<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    organization: &str,
    wanted: Option<WhichLog>,
    scope: Scope,
) -> Result<Reached, Error> {
    let entered = enter(read, attempt, organization).await?;
    permit_scope(read, attempt, &entered, scope).await?;
    let keeps_server = keeps_server(read, attempt).await?;
    let organization = entered.organization;
    if wanted == Some(WhichLog::Server) {
        if !keeps_server {
            return Err(Error::Hidden(What::Log, Reason::PermissionMissing));
        }
        attempt.place(Place::SERVER);
        let key = log::server(read).await?;
        let state = tree::state(read, key).await?;
        let predecessor = before(read, state.predecessor).await?;
        return Ok(Reached { organization, log: state.log, predecessor, current: false, keeps_server });
    }
    let mut key = organization.log;
    loop {
        let state = tree::state(read, key).await?;
        if wanted.is_none_or(|wanted| wanted == WhichLog::Ended(state.origin.log())) {
            let predecessor = before(read, state.predecessor).await?;
            let current = key == organization.log;
            return Ok(Reached { organization, log: key, predecessor, current, keeps_server });
        }
        key = state.predecessor.ok_or(Error::Absent(What::Log))?;
    }
}

async fn before<R: Read>(read: &mut R, log: Option<LogKey>) -> Result<Option<LogId>, Error> {
    Ok(match log {
        Some(log) => Some(tree::state(read, log).await?.origin.log()),
        None => None,
    })
}

/// Whether somebody keeps the server: the first administrator does, and whoever has a shell on the host.
pub(super) async fn keeps_server<R: Read>(read: &mut R, attempt: &Attempt) -> Result<bool, Error> {
    // A token that came of an identity is worth nothing outside of the organisation that trusts its issuer.
    if attempt.context().credential.kind == CredentialKind::OidcToken {
        return Ok(false);
    }
    Ok(match &attempt.context().who {
        Who::Operator(_) | Who::System => true,
        Who::Account { id, .. } => instance::administrator(read).await? == Some(*id),
        Who::Machine { .. } | Who::Behalf { .. } | Who::Anonymous => false,
    })
}
