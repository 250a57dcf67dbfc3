//! Invitations: an administrator makes a link, and hands it over. No mail is sent.

use ledger::{Detail, Event, LinkId, Need, Statement, Target, TargetKind, TextKey};
use seal::{SecretString, Token, TokenKind};
use store::invite::{self, Invite};
use store::{Command, Done, Question, Read, Records, StoreError, Tx};

use super::role_choice::{Given, RoleChoice, given};
use crate::access::{Entered, enter_as_admin, permit_lasting};
use crate::audit::Attempt;
use crate::context::Context;
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// An invitation, as the administrators of its organisation see it.
pub type InviteInfo = Invite;

/// How long a link lasts if nobody says otherwise: seven days.
const LIFETIME: i64 = 7 * 24 * 3_600 * 1_000_000;
/// The longest that a link may last: 30 days.
const LONGEST: i64 = 30 * 24 * 3_600 * 1_000_000;
/// The longest e-mail address (RFC 5321, with the errata of RFC 3696).
const LONGEST_EMAIL: usize = 254;
/// The most invitations that are made at once.
const MOST: usize = 100;

/// An invitation to be made.
#[derive(Clone, Debug)]
pub struct NewInvite {
    /// The role that it gives.
    pub role: RoleChoice,
    /// Whom it is meant for, or nothing. It binds the link to nobody.
    pub email: String,
    /// When it ends, if not after seven days.
    pub expires_at: Option<i64>,
}

/// An invitation that was just made: the one time that the text of its link is shown.
#[derive(Debug)]
pub struct IssuedInvite {
    /// The identifier of the invitation.
    pub id: LinkId,
    /// The text that goes into the address.
    pub text: SecretString,
}

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteState {
    /// Somebody can join by it.
    Pending,
    /// Somebody joined by it.
    Accepted,
    /// It was cancelled.
    Canceled,
    /// It lasted too long.
    Expired,
}

impl InviteState {
    /// What became of an invitation, by now.
    pub fn of(invite: &InviteInfo, now: i64) -> Self {
        if invite.accepted_at.is_some() {
            Self::Accepted
        } else if invite.canceled_at.is_some() {
            Self::Canceled
        } else if invite.expires_at <= now {
            Self::Expired
        } else {
            Self::Pending
        }
    }

    /// Its word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
        }
    }
}

fn check_email(email: &str) -> Result<(), Error> {
    let plausible = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    let plain = !email.chars().any(|letter| letter.is_control() || letter.is_whitespace());
    if email.is_empty() || (plausible && plain && email.len() <= LONGEST_EMAIL) {
        Ok(())
    } else {
        Err(Error::Invalid(format!("`email` is an address of at most {LONGEST_EMAIL} bytes, or absent")))
    }
}

/// Says which invitation is meant.
pub(super) fn note(attempt: &Attempt, invite: &Invite) {
    attempt
        .target(Target::new(TargetKind::Link, invite.id))
        .target_names(Statement::organization(&invite.organization_name));
}

/// What a record says of an invitation.
pub(super) fn invite_detail(attempt: &Attempt, invite: &Invite) -> Detail {
    let given = Given::stored(&invite.role, invite.custom_role.as_ref());
    given.detail(attempt, Detail::new().id("link", invite.id))
}

async fn found<R: Read>(
    read: &mut R,
    attempt: &Attempt,
    organization: &str,
    id: &str,
    need: Need,
) -> Result<Invite, Error> {
    let entered = enter_as_admin(read, attempt, organization, need).await?;
    let found = invite::find(read, &entered.organization.id, id).await?.ok_or(Error::Absent(What::Invite))?;
    note(attempt, &found);
    Ok(found)
}

/// Makes one invitation, and notes it in the attempt.
async fn issue<T: Tx>(
    tx: &mut T,
    engine: &Engine,
    attempt: &Attempt,
    entered: &Entered,
    new: &NewInvite,
) -> Result<IssuedInvite, Error> {
    if !new.email.is_empty() {
        attempt.text(TextKey::Email, &new.email);
    }
    check_email(&new.email)?;
    let now = attempt.context().now;
    let expires_at = new.expires_at.unwrap_or(now + LIFETIME);
    if expires_at <= now || expires_at > now + LONGEST {
        return Err(Error::Invalid("an invitation ends in the future, after 30 days at the latest".to_owned()));
    }
    // Decided now, so that whoever makes it knows what it gives.
    let given = given(tx, &entered.organization, new.role).await?;
    let token = Token::mint_kind(TokenKind::Link, &*engine.ambient().random);
    let made = Invite {
        id: LinkId::from_random(engine.ambient().random()),
        organization: entered.organization.id,
        organization_name: entered.organization.name.clone(),
        lookup: token.lookup(),
        digest: token.digest(),
        email: new.email.clone(),
        role: given.role.as_str().to_owned(),
        custom_role: given.custom.clone(),
        created_at: now,
        created_by: attempt.context().login().to_owned(),
        issued_by: attempt.id(),
        expires_at,
        accepted_at: None,
        canceled_at: None,
    };
    invite::insert(tx, &made).await?;
    note(attempt, &made);
    attempt.detail(invite_detail(attempt, &made).integer("expires", expires_at.unsigned_abs()));
    Ok(IssuedInvite { id: made.id, text: token.text })
}

struct Send {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    new: NewInvite,
}

impl Command for Send {
    type Output = IssuedInvite;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<IssuedInvite>, Error> {
        let attempt = &self.attempt;
        let entered = enter_as_admin(tx, attempt, &self.organization, Need::MembersWrite).await?;
        permit_lasting(attempt)?;
        let issued = issue(tx, &self.engine, attempt, &entered, &self.new).await?;
        Ok(attempt.done(issued))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Makes several invitations. One that makes no sense keeps none of the others from being made.
struct SendAll {
    attempt: Attempt,
    engine: Engine,
    organization: String,
    all: Vec<NewInvite>,
}

impl Command for SendAll {
    type Output = Vec<Result<IssuedInvite, Error>>;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<Self::Output>, Error> {
        let Self { attempt: first, engine, .. } = self;
        let entered = enter_as_admin(tx, first, &self.organization, Need::MembersWrite).await?;
        permit_lasting(first)?;
        if self.all.len() > MOST {
            return Err(Error::Invalid(format!("at most {MOST} invitations are made at once")));
        }
        let (mut issued, mut records) = (Vec::with_capacity(self.all.len()), None::<Records>);
        for new in &self.all {
            // Each is a record of its own; the first one is the attempt that a refusal would be.
            let attempt = match records {
                None => first.clone(),
                Some(_) => first.another(engine.ambient(), Event::OrganizationInviteSent),
            };
            let one = match issue(tx, engine, &attempt, &entered, new).await {
                Err(error @ (Error::Invalid(_) | Error::Absent(What::Role))) => {
                    attempt.target(Target::unresolved(TargetKind::Link)).detail(Detail::new());
                    Err(error)
                }
                one => Ok(one?),
            };
            let outcome = one.as_ref().map_or_else(Error::outcome, |_| ledger::Outcome::Succeeded);
            let record = attempt.records(outcome);
            records = Some(match records {
                None => record,
                Some(before) => before.and_all(record),
            });
            issued.push(one);
        }
        let records = records.ok_or_else(|| Error::Invalid("give at least one of `invites`".to_owned()))?;
        Ok(Done { output: issued, records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

struct Cancel {
    attempt: Attempt,
    organization: String,
    id: String,
}

impl Command for Cancel {
    type Output = ();
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, Error> {
        let Self { attempt, organization, id } = self;
        let found = found(tx, attempt, organization, id, Need::MembersWrite).await?;
        attempt.detail(invite_detail(attempt, &found));
        if !found.email.is_empty() {
            attempt.text(TextKey::Email, &found.email);
        }
        if found.accepted_at.is_some() {
            return Err(Error::Accepted);
        }
        if !invite::cancel(tx, &found.id, attempt.context().now).await? {
            return Err(Error::Absent(What::Invite));
        }
        Ok(attempt.done(()))
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}

/// Looks at all invitations, or at one.
struct Look {
    attempt: Attempt,
    organization: String,
    id: Option<String>,
}

impl Question for Look {
    type Answer = Result<Vec<InviteInfo>, Error>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let Self { attempt, organization, id } = self;
        Ok(match id {
            Some(id) => found(read, attempt, organization, id, Need::MembersRead).await.map(|found| vec![found]),
            None => match enter_as_admin(read, attempt, organization, Need::MembersRead).await {
                Ok(entered) => Ok(invite::list(read, &entered.organization.id).await?),
                Err(error) => Err(error),
            },
        })
    }
}

impl Engine {
    /// The invitations of an organisation, newest first, whatever became of them.
    pub async fn list_invites(&self, cx: &Context, organization: String) -> Sight<Vec<InviteInfo>> {
        self.look_at_invites(cx, organization, None, "list-invites").await
    }

    /// One of the invitations of an organisation.
    pub async fn invite(&self, cx: &Context, organization: String, id: String) -> Sight<InviteInfo> {
        let mut found = self.look_at_invites(cx, organization, Some(id), "read-invite").await?;
        Ok(found.pop().expect("whatever is found is one"))
    }

    async fn look_at_invites(
        &self,
        cx: &Context,
        organization: String,
        id: Option<String>,
        attempted: &'static str,
    ) -> Sight<Vec<InviteInfo>> {
        let attempt = self.attempt(cx, Event::AuthFailureOrganizationRole);
        attempt.target_names(Statement::organization(&organization)).detail(Detail::new().word("attempted", attempted));
        let engine = self.clone();
        self.detached(async move {
            let look = Look { attempt: attempt.clone(), organization, id };
            let found = engine.store().ask(look).await.map_err(Into::into).flatten();
            engine.seen(&attempt, found).await
        })
        .await
    }

    /// Makes an invitation.
    pub async fn send_invite(&self, cx: &Context, organization: String, new: NewInvite) -> Answer<IssuedInvite> {
        let attempt = self.sending(cx, &organization);
        let command = Send { attempt, engine: self.clone(), organization, new };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Makes several invitations, and says of each whether it was made.
    pub async fn send_invites(
        &self,
        cx: &Context,
        organization: String,
        all: Vec<NewInvite>,
    ) -> Answer<Vec<Result<IssuedInvite, Error>>> {
        let attempt = self.sending(cx, &organization);
        let command = SendAll { attempt, engine: self.clone(), organization, all };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    fn sending(&self, cx: &Context, organization: &str) -> Attempt {
        let attempt = self.attempt(cx, Event::OrganizationInviteSent);
        attempt.target(Target::unresolved(TargetKind::Link)).target_names(Statement::organization(organization));
        attempt
    }

    /// Ends an invitation that nobody accepted: its link no longer works.
    pub async fn cancel_invite(&self, cx: &Context, organization: String, id: String) -> Answer<()> {
        let attempt = self.attempt(cx, Event::OrganizationInviteCanceled);
        attempt.target(Target::unresolved(TargetKind::Link)).target_names(Statement::organization(&organization));
        let command = Cancel { attempt, organization, id };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }
}
