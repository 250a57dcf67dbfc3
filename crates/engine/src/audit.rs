//! The attempt: what the log will say of an operation, gathered while it runs.

use std::sync::{Arc, Mutex};

use ledger::{
    AccountId, Actor, ActorId, ActorKind, Authorization, Detail, Event, EventId, NodeId, Outcome, Reason, Record,
    Statement, Target, TextKey,
};
use store::{Addressed, Ambient, Command, Done, LogKey, Records, Tx};

use crate::context::{Context, Who};
use crate::error::Error;

/// One operation on its way into the log.
///
/// It begins before anything is known but who asks for what, and learns more as look-ups
/// succeed; wherever the operation ends, what was learnt by then is what the record says. A
/// command may run again after a conflict, so each fact simply replaces the one before.
#[derive(Clone)]
pub(crate) struct Attempt(Arc<Inner>);

struct Inner {
    cx: Context,
    id: EventId,
    salt: [u8; 16],
    node: NodeId,
    /// The server's log as it goes on today, for what is put into [`Place::SERVER`].
    server_log: LogKey,
    learnt: Mutex<Learnt>,
}

#[derive(Clone)]
struct Learnt {
    event: Event,
    place: Place,
    authorization: Option<Authorization>,
    target: Option<Target>,
    target_names: Option<Statement>,
    detail: Detail,
    texts: Vec<(TextKey, String)>,
    reads: Option<Statement>,
    definition: Option<Statement>,
    destroyed: Option<Statement>,
    cause: Vec<EventId>,
    /// An import was denied; what then looks like a mistake in the definition is a denial.
    import_denied: bool,
    /// A provider gave nothing; what then looks like a mistake in the definition is that.
    provider_failed: bool,
}

/// Which log the record goes to, and what the caller is there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// The log.
    pub(crate) log: LogKey,
    /// The caller's identifier in that log, if it is known; else the store finds or mints it.
    pub(crate) actor: Option<ActorId>,
    /// Whether the caller has a valid credential but does not belong here.
    pub(crate) outsider: bool,
}

impl Place {
    /// The server's own log, whichever goes on today.
    pub(crate) const SERVER: Self = Self { log: LogKey::SERVER, actor: None, outsider: false };
}

impl Attempt {
    /// Begins an attempt at something.
    pub(crate) fn new(ambient: &Ambient, node: NodeId, server_log: LogKey, cx: &Context, event: Event) -> Self {
        let millis = u64::try_from(cx.now / 1_000).unwrap_or(0);
        Self(Arc::new(Inner {
            cx: cx.clone(),
            id: EventId::new(millis, ambient.random()),
            salt: ambient.random(),
            node,
            server_log,
            learnt: Mutex::new(Learnt {
                event,
                place: Place::SERVER,
                authorization: None,
                target: None,
                target_names: None,
                detail: Detail::new(),
                texts: Vec::new(),
                reads: None,
                definition: None,
                destroyed: None,
                cause: Vec::new(),
                import_denied: false,
                provider_failed: false,
            }),
        }))
    }

    /// A part of this that is a record of its own: by the same caller, in the same place, on the same thing.
    pub(crate) fn another(&self, ambient: &Ambient, event: Event) -> Self {
        let Inner { cx, node, server_log, learnt, .. } = &*self.0;
        let this = Self::new(ambient, *node, *server_log, cx, event);
        let learnt = learnt.lock().expect("learning a fact does not panic").clone();
        this.learn(|part| {
            part.place = learnt.place;
            part.authorization = learnt.authorization;
            part.target = learnt.target;
            part.target_names = learnt.target_names;
        });
        this
    }

    /// Who asks.
    pub(crate) fn context(&self) -> &Context {
        &self.0.cx
    }

    /// The event's identifier, for what must refer to it.
    pub(crate) fn id(&self) -> EventId {
        self.0.id
    }

    fn learn(&self, change: impl FnOnce(&mut Learnt)) -> &Self {
        change(&mut self.0.learnt.lock().expect("learning a fact does not panic"));
        self
    }

    /// It is this event after all.
    pub(crate) fn event(&self, event: Event) -> &Self {
        self.learn(|learnt| learnt.event = event)
    }

    /// Where it belongs, as far as that is learnt.
    pub(crate) fn placed(&self) -> Place {
        self.0.learnt.lock().expect("learning a fact does not panic").place
    }

    /// The log it is written to, as far as that is learnt.
    pub(crate) fn log(&self) -> LogKey {
        self.log_at(self.placed())
    }

    fn log_at(&self, place: Place) -> LogKey {
        if place.log == LogKey::SERVER { self.0.server_log } else { place.log }
    }

    /// Where it belongs, and on what it acts, as far as that is learnt: for a record that follows.
    pub(crate) fn learnt(&self) -> (Place, Option<Target>) {
        let learnt = self.0.learnt.lock().expect("learning a fact does not panic");
        (learnt.place, learnt.target)
    }

    /// It belongs into this log.
    pub(crate) fn place(&self, place: Place) -> &Self {
        self.learn(|learnt| learnt.place = place)
    }

    /// This permission decided.
    pub(crate) fn authorization(&self, authorization: Authorization) -> &Self {
        self.learn(|learnt| learnt.authorization = Some(authorization))
    }

    /// This is acted on.
    pub(crate) fn target(&self, target: Target) -> &Self {
        self.learn(|learnt| learnt.target = Some(target))
    }

    /// It is called so.
    pub(crate) fn target_names(&self, names: Statement) -> &Self {
        self.learn(|learnt| learnt.target_names = Some(names))
    }

    /// What else there is to say.
    pub(crate) fn detail(&self, detail: Detail) -> &Self {
        self.learn(|learnt| learnt.detail = detail)
    }

    /// A text parameter.
    pub(crate) fn text(&self, key: TextKey, value: impl Into<String>) -> &Self {
        let value = value.into();
        self.learn(|learnt| {
            learnt.texts.retain(|(known, _)| *known != key);
            learnt.texts.push((key, value));
        })
    }

    /// These secrets were disclosed.
    pub(crate) fn reads(&self, reads: Option<Statement>) -> &Self {
        self.learn(|learnt| learnt.reads = reads)
    }

    /// This definition was stored.
    pub(crate) fn definition(&self, definition: Statement) -> &Self {
        self.learn(|learnt| learnt.definition = Some(definition))
    }

    /// These openings were destroyed.
    pub(crate) fn destroyed(&self, destroyed: Option<Statement>) -> &Self {
        self.learn(|learnt| learnt.destroyed = destroyed)
    }

    /// It follows from this event.
    pub(crate) fn cause(&self, cause: EventId) -> &Self {
        self.causes(vec![cause])
    }

    /// It follows from these events, of which a record names the first few.
    pub(crate) fn causes(&self, mut causes: Vec<EventId>) -> &Self {
        causes.truncate(ledger::MAX_CAUSES);
        self.learn(|learnt| learnt.cause = causes)
    }

    /// An import was denied: whatever this was, it tried to open what it must not.
    pub(crate) fn import_denied(&self) -> &Self {
        self.learn(|learnt| {
            learnt.event = Event::EnvironmentUnauthorizedOpen;
            learnt.detail = Detail::new().boolean("import", true);
            learnt.import_denied = true;
        })
    }

    /// Whether an import was denied.
    pub(crate) fn is_import_denied(&self) -> bool {
        self.0.learnt.lock().expect("learning a fact does not panic").import_denied
    }

    /// A provider gave nothing.
    pub(crate) fn provider_failed(&self) -> &Self {
        self.learn(|learnt| learnt.provider_failed = true)
    }

    /// The operation is done.
    pub(crate) fn done<T>(&self, output: T) -> Done<T> {
        Done { output, records: self.records(Outcome::Succeeded) }
    }

    /// The record, in the one log it belongs to.
    pub(crate) fn records(&self, outcome: Outcome) -> Records {
        let learnt = self.0.learnt.lock().expect("learning a fact does not panic").clone();
        let place = learnt.place;
        Records::one(self.record(learnt, place, outcome))
    }

    /// The record, in each of several logs: what concerns an account concerns every
    /// organisation that it belongs to.
    pub(crate) fn records_in(&self, places: &[Place], outcome: Outcome) -> Records {
        let learnt = self.0.learnt.lock().expect("learning a fact does not panic").clone();
        let (first, more) = places.split_first().map_or((Place::SERVER, places), |(first, more)| (*first, more));
        let records = Records::one(self.record(learnt.clone(), first, outcome));
        more.iter().fold(records, |records, place| records.and(self.record(learnt.clone(), *place, outcome)))
    }

    fn record(&self, learnt: Learnt, place: Place, outcome: Outcome) -> Addressed {
        let cx = &self.0.cx;
        let outcome = match outcome {
            Outcome::Failed(Reason::EvaluationFailed) if learnt.import_denied => {
                Outcome::Denied(Reason::PermissionMissing)
            }
            Outcome::Failed(Reason::EvaluationFailed) if learnt.provider_failed => {
                Outcome::Failed(Reason::ProviderFailed)
            }
            outcome => outcome,
        };
        let (kind, account) = self.actor_kind(place);
        let mut statements = Vec::with_capacity(6);
        statements.extend(actor_statement(cx, place.actor));
        let behalf = behalf(cx, place);
        statements.extend(behalf_statement(cx, behalf));
        let subject = place.actor.map(Into::into);
        statements.extend(cx.client.statement().map(|client| Statement { subject, ..client }));
        statements.extend(learnt.target_names);
        let texts: Vec<(TextKey, &str)> = learnt.texts.iter().map(|(key, text)| (*key, text.as_str())).collect();
        statements.extend(Statement::detail(subject, &texts));
        statements.extend(learnt.reads);
        statements.extend(learnt.definition);
        statements.extend(learnt.destroyed);
        if statements.is_empty() {
            statements.push(Statement::stranger("", ""));
        }
        let record = Record {
            id: self.0.id,
            event: learnt.event,
            actor: Actor { kind, id: place.actor.filter(|_| behalf.is_none()) },
            behalf,
            credential: cx.credential,
            authorization: learnt.authorization,
            target: learnt.target,
            outcome,
            cause: learnt.cause,
            detail: learnt.detail,
            request: cx.request,
            node: self.0.node,
            salt: self.0.salt,
            statements,
            wall: cx.now,
        };
        Addressed { log: self.log_at(place), account, record }
    }

    fn actor_kind(&self, place: Place) -> (ActorKind, Option<AccountId>) {
        match &self.0.cx.who {
            Who::Account { id, .. } | Who::Machine { id, .. } if place.outsider => (ActorKind::Outsider, Some(*id)),
            Who::Account { id, .. } => (ActorKind::User, Some(*id)),
            Who::Machine { id, team: Some(_), .. } => (ActorKind::Team, Some(*id)),
            Who::Machine { id, team: None, .. } => (ActorKind::Organization, Some(*id)),
            Who::Operator(_) => (ActorKind::Operator, None),
            Who::System | Who::Behalf { .. } => (ActorKind::System, None),
            Who::Anonymous => (ActorKind::Anonymous, None),
        }
    }
}

/// Who acted, by name; nothing where nobody is known.
fn actor_statement(cx: &Context, actor: Option<ActorId>) -> Option<Statement> {
    match (&cx.who, actor) {
        (Who::Account { login, name, .. } | Who::Machine { login, name, .. }, actor) => Some(match actor {
            Some(actor) => Statement::actor(actor, login, name),
            None => Statement::stranger(login, name),
        }),
        (Who::Operator(user), _) => Some(Statement::stranger(user, user)),
        (Who::System | Who::Behalf { .. }, _) => Some(Statement::system()),
        (Who::Anonymous, _) => None,
    }
}

/// For whom the server acted: somebody who may have left the organisation meanwhile.
fn behalf(cx: &Context, place: Place) -> Option<Actor> {
    match (&cx.who, place.actor) {
        (Who::Behalf { .. }, Some(actor)) if !place.outsider => Some(Actor::user(actor)),
        (Who::Behalf { .. }, actor) => Some(Actor::outsider(actor)),
        _ => None,
    }
}

fn behalf_statement(cx: &Context, behalf: Option<Actor>) -> Option<Statement> {
    match (&cx.who, behalf.and_then(|behalf| behalf.id)) {
        (Who::Behalf { login, name, .. }, Some(actor)) => Some(Statement::behalf(actor, login, name)),
        _ => None,
    }
}

/// Records a refusal that was found before there was anything to commit: an evaluation that
/// failed, a session that is not the caller's.
pub(crate) struct Refuse {
    /// What was attempted.
    pub(crate) attempt: Attempt,
    /// Why it was refused.
    pub(crate) error: Error,
}

impl Command for Refuse {
    type Output = std::convert::Infallible;
    type Error = Error;

    async fn run<T: Tx>(&self, _tx: &mut T) -> Result<Done<Self::Output>, Error> {
        Err(self.error.clone())
    }

    fn refused(&self, error: &Error) -> Records {
        self.attempt.records(error.outcome())
    }
}
