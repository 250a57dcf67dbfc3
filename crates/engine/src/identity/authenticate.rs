//! Who is this: from a presented secret to a context.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use ledger::{AnyId, Credential, CredentialKind, Detail, Event};
use seal::{Token, TokenKind};
use store::machine_token::{self, MachineToken};
use store::{Chore, Failure, Question, Read, StoreError, account, credential};

use crate::Engine;
use crate::context::{Client, Context, Facts, Who};
use crate::error::{Error, Unauthenticated};

/// How many recognised credentials are remembered. Beyond it the memory is emptied.
const KEPT: usize = 20_000;
/// How often a credential's last use is noted, in microseconds: once a minute.
const NOTED: i64 = 60_000_000;

/// The credentials that were recognised, by the digest of their text.
///
/// It only saves the look-up of *who* this is. Whether the credential still holds is checked
/// again inside the transaction of whatever the caller does.
#[derive(Default)]
pub(crate) struct Authenticated {
    known: RwLock<HashMap<[u8; 32], Arc<Known>>>,
    used: Mutex<HashMap<AnyId, Use>>,
}

struct Known {
    who: Who,
    credential: Credential,
    expires_at: Option<i64>,
}

#[derive(Clone, Copy)]
struct Use {
    at: i64,
    noted: i64,
}

struct Recognise {
    lookup: [u8; 8],
}

/// Who somebody is, if the whole digest is that of what was presented.
struct Candidate {
    digest: [u8; 32],
    revoked: bool,
    known: Known,
}

impl Question for Recognise {
    type Answer = Vec<Candidate>;

    async fn ask<R: Read>(&self, read: &mut R) -> Result<Self::Answer, StoreError> {
        let mut all = Vec::new();
        for credential in credential::lookup(read, self.lookup).await? {
            if let Some(account) = account::find(read, &credential.account).await? {
                let revoked = credential.revoked_at.is_some();
                all.push(Candidate { digest: credential.digest, revoked, known: known(&credential, account) });
            }
        }
        for (token, organization) in machine_token::lookup(read, self.lookup).await? {
            if let Some(account) = account::find(read, &token.account).await? {
                let revoked = token.revoked_at.is_some();
                all.push(Candidate { digest: token.digest, revoked, known: machine(&token, account, organization) });
            }
        }
        Ok(all)
    }
}

impl Engine {
    /// Recognises the access token of an API request. `attempted` is the activity that it asks
    /// for, as the log names it if it is refused.
    pub async fn authenticate(
        &self,
        token: Option<&str>,
        client: Client,
        attempted: &'static str,
    ) -> Result<Context, Failure<Error>> {
        let recognised = match token {
            None => Err(Refusal::of(Unauthenticated::Missing)),
            Some(token) => self.recognise(token, TokenKind::Access).await,
        };
        self.contextualise(recognised, client, attempted, "token").await
    }

    /// Recognises the cookie of a console session. Without a valid one there is nobody; that is
    /// no refusal yet, for a page then asks to sign in.
    pub async fn console_caller(&self, cookie: &str, client: Client) -> Result<Option<Context>, Failure<Error>> {
        match self.recognise(cookie, TokenKind::Session).await {
            Ok(known) => Ok(Some(self.context(&known, client))),
            Err(Refusal { error: error @ Error::Store(_), .. }) => {
                let attempt = self.attempt(&self.anonymous_context(client), Event::AuthenticationFailed);
                Err(self.refuse(&attempt, error).await)
            }
            Err(_) => Ok(None),
        }
    }

    /// Records that a request was turned away since too many came before it, and gives what its caller is told.
    /// Only the first of many is worth a record, and worth looking up who it was.
    pub async fn rate_limited(
        &self,
        token: Option<&str>,
        client: Client,
        attempted: &'static str,
        seconds: u64,
    ) -> Failure<Error> {
        let known = match token {
            Some(token) => self.recognise(token, TokenKind::Access).await.ok(),
            None => None,
        };
        let cx = match known {
            Some(known) => self.context(&known, client),
            None => self.anonymous_context(client),
        };
        let attempt = self.attempt(&cx, Event::AuthenticationFailed);
        attempt.detail(Detail::new().word("attempted", attempted).word("method", "token"));
        let engine = self.clone();
        self.detached(async move { engine.refuse(&attempt, Error::RateLimited { seconds }).await }).await
    }

    async fn contextualise(
        &self,
        recognised: Result<Arc<Known>, Refusal>,
        client: Client,
        attempted: &'static str,
        method: &'static str,
    ) -> Result<Context, Failure<Error>> {
        match recognised {
            Ok(known) => Ok(self.context(&known, client)),
            Err(refusal) => {
                let anonymous = self.anonymous_context(client);
                let cx = match refusal.credential {
                    // The credential is known by its identifier, though it proves nothing any more.
                    Some(credential) => Context::new(Facts {
                        who: Who::Anonymous,
                        credential,
                        client: anonymous.client.clone(),
                        request: anonymous.request,
                        now: anonymous.now,
                    }),
                    None => anonymous,
                };
                let attempt = self.attempt(&cx, Event::AuthenticationFailed);
                attempt.detail(Detail::new().word("attempted", attempted).word("method", method));
                let engine = self.clone();
                Err(self.detached(async move { engine.refuse(&attempt, refusal.error).await }).await)
            }
        }
    }

    fn context(&self, known: &Known, client: Client) -> Context {
        let now = self.now();
        if let Some(id) = known.credential.id {
            self.note_use(id, now);
        }
        Context::new(Facts {
            who: known.who.clone(),
            credential: known.credential,
            client,
            request: self.request_id(),
            now,
        })
    }

    async fn recognise(&self, text: &str, kind: TokenKind) -> Result<Arc<Known>, Refusal> {
        let presented = Token::parse(text).map_err(|_| Refusal::of(Unauthenticated::Malformed))?;
        if presented.kind() != kind {
            return Err(Refusal::of(Unauthenticated::Unfit));
        }
        let digest = presented.digest();
        let cached = self.0.authenticated.known.read().expect("no one panics while looking up").get(&digest).cloned();
        let known = match cached {
            Some(known) => known,
            None => {
                let candidates = self.store().ask(Recognise { lookup: presented.lookup() }).await;
                let candidates = candidates.map_err(|error| Refusal { error: error.into(), credential: None })?;
                let found = candidates.into_iter().find(|candidate| presented.matches(&candidate.digest));
                let Candidate { known, revoked, .. } = found.ok_or(Refusal::of(Unauthenticated::Unknown))?;
                if revoked {
                    return Err(Refusal::known(Unauthenticated::Revoked, known.credential));
                }
                let known = Arc::new(known);
                self.remember(digest, Arc::clone(&known));
                known
            }
        };
        if known.expires_at.is_some_and(|end| end <= self.now()) {
            return Err(Refusal::known(Unauthenticated::Expired, known.credential));
        }
        Ok(known)
    }

    fn remember(&self, digest: [u8; 32], known: Arc<Known>) {
        let mut all = self.0.authenticated.known.write().expect("no one panics while remembering");
        if all.len() >= KEPT {
            all.clear();
        }
        all.insert(digest, known);
    }

    /// Forgets every recognised credential: after one was revoked here, the next look must be at
    /// the database. Those revoked by another replica are refused in the transaction.
    pub(crate) fn forget_credentials(&self) {
        self.0.authenticated.known.write().expect("no one panics while forgetting").clear();
    }

    fn note_use(&self, id: AnyId, now: i64) {
        let mut used = self.0.authenticated.used.lock().expect("no one panics while noting");
        used.entry(id).or_insert(Use { at: now, noted: 0 }).at = now;
    }

    /// Writes down when credentials were last used. Called about once a minute.
    pub async fn note_last_uses(&self) -> Result<(), StoreError> {
        let due: Vec<(AnyId, i64)> = {
            let mut used = self.0.authenticated.used.lock().expect("no one panics while noting");
            let now = self.now();
            used.retain(|_, last| now - last.at < 10 * NOTED || last.at > last.noted);
            let due = used.iter_mut().filter(|(_, last)| last.at >= last.noted + NOTED);
            due.map(|(id, last)| {
                last.noted = last.at;
                (*id, last.at)
            })
            .collect()
        };
        if !due.is_empty() {
            self.store().chore(Chore::Used(due)).await?;
        }
        Ok(())
    }
}

/// Why a secret was not recognised, and what is known of it all the same.
struct Refusal {
    error: Error,
    credential: Option<Credential>,
}

impl Refusal {
    fn of(why: Unauthenticated) -> Self {
        Self { error: Error::Unauthenticated(why), credential: None }
    }

    fn known(why: Unauthenticated, credential: Credential) -> Self {
        Self { error: Error::Unauthenticated(why), credential: Some(credential) }
    }
}

fn known(credential: &credential::Credential, account: account::Account) -> Known {
    let kind = match credential.kind {
        "console-session" => CredentialKind::ConsoleSession,
        "one-time-link" => CredentialKind::OneTimeLink,
        _ if credential.issuer.is_some() => CredentialKind::OidcToken,
        _ => CredentialKind::PersonalToken,
    };
    Known {
        who: Who::Account { id: account.id, login: account.login.into(), name: account.name.into() },
        credential: Credential { kind, id: Some(credential.id), from: Some(credential.issued_by) },
        expires_at: credential.expires_at,
    }
}

fn machine(token: &MachineToken, account: account::Account, organization: String) -> Known {
    let kind = match (&token.issuer, &token.team) {
        (Some(_), _) => CredentialKind::OidcToken,
        (None, Some(_)) => CredentialKind::TeamToken,
        (None, None) => CredentialKind::OrganizationToken,
    };
    Known {
        who: Who::Machine {
            id: account.id,
            login: account.login.into(),
            name: account.name.into(),
            organization: organization.into(),
            team: token.team,
        },
        credential: Credential { kind, id: Some(token.id.into()), from: Some(token.issued_by) },
        expires_at: token.expires_at,
    }
}
