//! Joining an organisation by an invitation, as somebody who has an account or as somebody new.

use ledger::{AccountId, Credential, CredentialKind, Detail, Event, Outcome, Reason, Statement, Target, TargetKind};
use seal::{SecretString, Token, TokenKind};
use store::account::{self, Account};
use store::invite::{self, Invite};
use store::organization::{self, Organization};
use store::{Command, Done, Failure, Question, Read, Recorded, Records, StoreError, Tx, log};

use super::invites::{InviteState, invite_detail, note};
use super::links::hash_password;
use super::members::add_member;
use super::role_choice::Given;
use super::{SignedIn, person_of};
use crate::access::Role;
use crate::audit::{Attempt, Place};
use crate::context::{Client, Context, Facts, Who};
use crate::error::{Error, What};
use crate::{Answer, Engine, Sight};

/// By what somebody joins.
#[derive(Debug)]
pub struct Joining {
    /// The text of the link.
    pub text: SecretString,
    /// The organisation and the invitation that it must belong to, if somebody named them.
    pub named: Option<(String, String)>,
}

/// Where a link leads, as its page shows it.
#[derive(Debug)]
pub struct InvitePurpose {
    /// The name of the organisation.
    pub organization: String,
    /// The role that it gives.
    pub role: Role,
}

/// The invitation that a text is the link of, whatever became of it.
async fn presented<R: Read>(read: &mut R, text: &SecretString) -> Result<Option<Invite>, StoreError> {
    let Some(presented) = Token::parse(text.expose()).ok().filter(|token| token.kind() == TokenKind::Link) else {
        return Ok(None);
    };
    let rows = invite::lookup(read, presented.lookup()).await?;
    Ok(rows.into_iter().find(|row| presented.matches(&row.digest)))
}

/// To whoever holds a link, one that ended looks like one that never was. The log tells them apart.
fn check(invite: &Invite, now: i64) -> Result<(), Error> {
    match InviteState::of(invite, now) {
        InviteState::Pending => Ok(()),
        InviteState::Accepted => Err(Error::Accepted),
        InviteState::Canceled => Err(Error::Hidden(What::Invite, Reason::CredentialRevoked)),
        InviteState::Expired => Err(Error::Hidden(What::Invite, Reason::CredentialExpired)),
    }
}

const UNKNOWN: Error = Error::Hidden(What::Invite, Reason::CredentialUnknown);

struct FindInvite {
    text: SecretString,
    now: i64,
}

impl Question for FindInvite {
    type Answer = Option<Invite>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let found = presented(read, &self.text).await?;
        Ok(found.filter(|invite| InviteState::of(invite, self.now) == InviteState::Pending))
    }
}

/// What the acceptance of an invitation writes.
pub(super) struct Acceptance {
    pub(super) accepted: Attempt,
    member: Attempt,
}

impl Acceptance {
    pub(super) fn new(engine: &Engine, cx: &Context) -> Self {
        let accepted = engine.attempt(cx, Event::OrganizationInviteAccepted);
        accepted.target(Target::unresolved(TargetKind::Link));
        let member = engine.attempt(cx, Event::MemberAdded);
        member.cause(accepted.id());
        Self { accepted, member }
    }

    /// Uses the invitation up, and makes the account a member.
    pub(super) async fn carry_out<T: Tx>(
        &self,
        tx: &mut T,
        engine: &Engine,
        (organization, invite): (&Organization, &Invite),
        (account, login): (&AccountId, &str),
    ) -> Result<Records, Error> {
        let Self { accepted, member } = self;
        let given = Given::stored(&invite.role, invite.custom_role.as_ref());
        add_member(tx, engine, member, organization, (account, login), &given).await?;
        if !invite::accept(tx, &invite.id, account, accepted.context().now).await? {
            return Err(Error::Accepted);
        }
        let actor = log::actor(tx, engine.ambient(), organization.log, account).await?;
        for attempt in [accepted, member] {
            attempt.place(Place { log: organization.log, actor: Some(actor), outsider: false });
        }
        note(accepted, invite);
        accepted.cause(invite.issued_by).detail(invite_detail(accepted, invite));
        Ok(accepted.records(Outcome::Succeeded).and_all(member.records(Outcome::Succeeded)))
    }
}

/// Joins as somebody who has an account.
struct Accept {
    acceptance: Acceptance,
    engine: Engine,
    joining: Joining,
}

impl Command for Accept {
    type Output = String;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<String>, Error> {
        let (attempt, joining) = (&self.acceptance.accepted, &self.joining);
        let account = person_of(tx, attempt).await?;
        let found = presented(tx, &joining.text).await?;
        let named = joining.named.as_ref();
        let name = named.map(|(organization, _)| organization);
        let name = name.or(found.as_ref().map(|invite| &invite.organization_name)).ok_or(UNKNOWN)?;
        let organization = organization::find(tx, name).await?.ok_or(UNKNOWN)?;
        let login = attempt.context().login();
        let member = organization::find_member(tx, &organization.id, login).await?;
        let actor = member.as_ref().map(|member| member.actor);
        attempt.place(Place { log: organization.log, actor, outsider: member.is_none() });
        attempt.target_names(Statement::organization(&organization.name));
        let belongs = |invite: &Invite| {
            invite.organization == organization.id && named.is_none_or(|(_, id)| invite.id.as_str() == id)
        };
        let invite = found.filter(belongs).ok_or(UNKNOWN)?;
        note(attempt, &invite);
        attempt.detail(invite_detail(attempt, &invite));
        check(&invite, attempt.context().now)?;
        let who = (&account, login);
        let records = self.acceptance.carry_out(tx, &self.engine, (&organization, &invite), who).await?;
        Ok(Done { output: organization.name, records })
    }

    fn refused(&self, error: &Error) -> Records {
        self.acceptance.accepted.records(error.outcome())
    }
}

/// Joins as somebody new, who gets an account by that.
struct Join {
    /// What is recorded if nothing comes of it: then there is no account that could have done it.
    refusal: Attempt,
    created: Attempt,
    acceptance: Acceptance,
    engine: Engine,
    account: Account,
    text: SecretString,
}

impl Command for Join {
    type Output = AccountId;
    type Error = Error;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<AccountId>, Error> {
        let Self { refusal, created, account, .. } = self;
        let invite = presented(tx, &self.text).await?.ok_or(UNKNOWN)?;
        let organization = organization::find(tx, &invite.organization_name).await?.ok_or(UNKNOWN)?;
        refusal.place(Place { log: organization.log, actor: None, outsider: false });
        note(refusal, &invite);
        refusal.detail(invite_detail(refusal, &invite));
        check(&invite, refusal.context().now)?;
        crate::name::check_login(&account.login)?;
        if account::by_login(tx, &account.login).await?.is_some() {
            return Err(Error::Exists(What::User));
        }
        account::insert(tx, account).await?;
        let who = (&account.id, account.login.as_str());
        let joined = self.acceptance.carry_out(tx, &self.engine, (&organization, &invite), who).await?;
        created
            .place(self.acceptance.accepted.placed())
            .target(Target::new(TargetKind::User, account.id))
            .target_names(Statement::user(Some(account.id.into()), &account.login))
            .detail(Detail::new().id("account", account.id).word("method", "invitation"));
        Ok(Done { output: account.id, records: created.records(Outcome::Succeeded).and_all(joined) })
    }

    fn refused(&self, error: &Error) -> Records {
        self.refusal.records(error.outcome())
    }
}

impl Engine {
    /// Where the link of an invitation leads, if it still holds.
    pub async fn invite_purpose(&self, text: SecretString) -> Sight<Option<InvitePurpose>> {
        let found = self.store().ask(FindInvite { text, now: self.now() }).await.map_err(Failure::Unrecorded)?;
        Ok(found.map(|invite| InvitePurpose {
            role: Role::parse(&invite.role).unwrap_or(Role::Member),
            organization: invite.organization_name,
        }))
    }

    /// Makes the caller a member of the organisation that an invitation leads into; gives its name.
    pub async fn accept_invite(&self, cx: &Context, joining: Joining) -> Answer<String> {
        let command = Accept { acceptance: Acceptance::new(self, cx), engine: self.clone(), joining };
        let engine = self.clone();
        self.detached(async move { engine.commit(command).await }).await
    }

    /// Creates an account for whoever holds the link of an invitation, makes it a member, and signs it in.
    pub async fn join_as_new(
        &self,
        text: SecretString,
        login: String,
        password: SecretString,
        client: Client,
    ) -> Answer<SignedIn> {
        let engine = self.clone();
        self.detached(async move {
            let found = engine.store().ask(FindInvite { text: text.clone(), now: engine.now() }).await;
            let found = found.map_err(Failure::Unrecorded)?;
            let credential = found.as_ref().map_or(Credential::NONE, |invite| Credential {
                kind: CredentialKind::OneTimeLink,
                id: Some(invite.id.into()),
                from: Some(invite.issued_by),
            });
            let context = |who| {
                let (client, request) = (client.clone(), engine.request_id());
                Context::new(Facts { who, credential, client, request, now: engine.now() })
            };
            let refusal = engine.attempt(&context(Who::Anonymous), Event::OrganizationInviteAccepted);
            refusal.target(Target::unresolved(TargetKind::Link));
            // Hashing is dear: it is not done for whoever holds no link.
            let hash = match found {
                Some(_) => match hash_password(&engine, password).await {
                    Ok(hash) => Some(hash),
                    Err(error) => return Err(engine.refuse(&refusal, error).await),
                },
                None => None,
            };
            let account = Account {
                id: AccountId::from_random(engine.ambient().random()),
                name: login.clone(),
                login,
                email: String::new(),
                password_hash: hash,
                default_organization: None,
                created_at: engine.now(),
            };
            let (login, name) = (account.login.as_str().into(), account.name.as_str().into());
            let cx = context(Who::Account { id: account.id, login, name });
            let created = engine.attempt(&cx, Event::UserCreated);
            let acceptance = Acceptance::new(&engine, &cx);
            let join = Join { refusal, created, acceptance, engine: engine.clone(), account, text };
            let joined: Recorded<AccountId> = engine.commit(join).await?;
            engine.sign_in_after_link(*joined.get(), credential, client).await
        })
        .await
    }
}
