//! Accounts, credentials and memberships.

mod authenticate;
mod custom_roles;
mod erase;
mod invites;
mod joining;
mod links;
mod machine_tokens;
mod me;
mod members;
mod organizations;
mod passwords;
mod role_choice;
mod roles;
mod team_grants;
mod team_members;
mod team_roles;
mod teams;
mod token_life;
mod tokens;
mod tools;
mod users;
mod vouched;

use ledger::{AccountId, ActorId, CredentialKind};
use store::organization::Organization;
use store::{Read, oidc_issuer, organization};

use crate::access::permit_lasting;
use crate::audit::{Attempt, Place};
use crate::context::Who;
use crate::error::{Error, Unauthenticated};

pub(crate) use authenticate::Authenticated;
pub use custom_roles::{RoleChange, RoleDeletion, RoleDescription, RoleName};
pub use erase::{EraseAgainError, Erased, ErasedLog, Erasures, ErasuresError, Exports, Reach};
pub use invites::{InviteInfo, InviteState, IssuedInvite, NewInvite};
pub use joining::{InvitePurpose, Joining};
pub use links::{IssuedLink, LinkPurpose};
pub(crate) use machine_tokens::Owner as MachineTokenOwner;
pub use machine_tokens::{MachineOwner, MachineTokenInfo, NewMachineToken, TokenDescription, TokenName};
pub use me::Me;
pub use members::{Member, MemberPage};
pub use organizations::{OrganizationInfo, TeamCreators};
pub(crate) use organizations::{create_organization, open_log};
pub use passwords::SignedIn;
pub use role_choice::RoleChoice;
pub use roles::{RoleHolders, RoleInfo, RoleKind};
pub use team_grants::{LongestOpen, TeamGrantChange};
pub use team_members::TeamMemberChange;
pub use teams::TeamInfo;
pub(crate) use token_life::LongestLife;
pub(crate) use tokens::issue as issue_token;
pub use tokens::{IssuedToken, TokenInfo};
pub use users::NewUser;
pub(crate) use users::create_account;
pub(crate) use vouched::Vouched;

/// The logs that concern an account: those of the organisations it belongs to, else the server's.
pub(crate) async fn places_of<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    account: &AccountId,
) -> Result<Vec<Place>, Error> {
    // Whoever acts on somebody else's account (an operator) is not a member by that.
    let own = attempt.context().account() == Some(account);
    let all =
        if own { memberships(read, attempt, account).await? } else { organization::of_account(read, account).await? };
    let places: Vec<Place> = all
        .into_iter()
        .map(|(organization, _, actor)| Place { log: organization.log, actor: own.then_some(actor), outsider: false })
        .collect();
    Ok(if places.is_empty() { vec![Place::SERVER] } else { places })
}

/// The account of the person who calls, in person: not by a token that came of an identity.
pub(crate) async fn person_of<R: Read>(read: &mut R, attempt: &Attempt) -> Result<AccountId, Error> {
    let account = account_of(read, attempt).await?;
    permit_lasting(attempt)?;
    Ok(account)
}

/// The organisations of an account, as far as the caller's credential reaches: a token that came of an identity is
/// worth nothing but in the organisation that trusts its issuer.
pub(crate) async fn memberships<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    account: &AccountId,
) -> Result<Vec<(Organization, String, ActorId)>, Error> {
    let mut memberships = organization::of_account(read, account).await?;
    let credential = &attempt.context().credential;
    // Whoever signs in by an identity has no token yet.
    if let (CredentialKind::OidcToken, Some(token)) = (credential.kind, &credential.id) {
        let within = oidc_issuer::organization_of_token(read, token.as_str()).await?;
        memberships.retain(|(organization, ..)| Some(organization.id) == within);
    }
    Ok(memberships)
}

/// The account of the person who calls, if its credential is still good as the transaction sees it.
pub(crate) async fn account_of<R: Read>(read: &mut R, attempt: &Attempt) -> Result<AccountId, Error> {
    let cx = attempt.context();
    if let Who::Machine { .. } = cx.who {
        return Err(Error::Forbidden("only a person may do this, not a token of an organization or a team"));
    }
    let account = cx.account().copied().ok_or(Error::Unauthenticated(Unauthenticated::Missing))?;
    let id = cx.credential.id.as_ref().map_or("", |id| id.as_str());
    let credential = store::credential::find(read, id).await?;
    let good = credential.is_some_and(|credential| {
        credential.account == account
            && credential.revoked_at.is_none()
            && credential.expires_at.is_none_or(|end| end > cx.now)
    });
    if good { Ok(account) } else { Err(Error::Unauthenticated(Unauthenticated::Revoked)) }
}
