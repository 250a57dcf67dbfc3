//! A second organisation. The server makes one at its first start only, so a test makes the other.

use engine::ledger::{
    Actor, ActorKind, Credential, Detail, Event, EventId, LogId, LogKind, NodeId, OrganizationId, Origin, Outcome,
    Record, RequestId, Statement, Target, TargetKind,
};
use engine::store::organization::{self, Organization};
use engine::store::{
    Addressed, Ambient, Command, Done, Failure, Records, Store, StoreError, Tx, account, instance, log,
};

/// Makes an organisation with these members.
pub(crate) async fn create(store: &Store, name: &str, members: &[&str]) {
    let members = members.iter().map(|login| (*login).to_owned()).collect();
    let create = Create { ambient: store.ambient().clone(), name: name.to_owned(), members };
    match store.commit(create).await {
        Ok(_) => {}
        Err(Failure::Refused(error)) => panic!("{:?}", error.get()),
        Err(Failure::Unrecorded(error)) => panic!("{error:?}"),
    }
}

struct Create {
    ambient: Ambient,
    name: String,
    members: Vec<String>,
}

impl Command for Create {
    type Output = ();
    type Error = StoreError;

    async fn run<T: Tx>(&self, tx: &mut T) -> Result<Done<()>, StoreError> {
        let Self { ambient, name, members } = self;
        let instance = instance::find(tx).await?.expect("the server is set up");
        let now = ambient.clock.wall();
        let created = Organization {
            id: OrganizationId::from_random(ambient.random()),
            name: name.clone(),
            log: log::next_key(tx).await?,
            default_permission: "none".to_owned(),
            access_version: 1,
            created_at: now,
        };
        let identifier = LogId::from_random(ambient.random());
        let origin = Origin::new(instance.name, LogKind::Organization, identifier);
        log::create(tx, created.log, identifier, &origin, Some(&created.id)).await?;
        organization::insert(tx, &created).await?;
        for login in members {
            let account = account::by_login(tx, login).await?.expect("the member has an account");
            let actor = log::actor(tx, ambient, created.log, &account.id).await?;
            organization::insert_member(tx, &created.id, &account.id, "member", &actor, now).await?;
        }
        Ok(Done { output: (), records: self.opened(&created, &origin, now) })
    }

    fn refused(&self, error: &StoreError) -> Records {
        panic!("{error}")
    }
}

impl Create {
    fn opened(&self, created: &Organization, origin: &Origin, now: i64) -> Records {
        let Self { ambient, .. } = self;
        let record = Record {
            id: EventId::new(now.unsigned_abs() / 1_000, ambient.random()),
            event: Event::LogOpened,
            actor: Actor { kind: ActorKind::System, id: None },
            behalf: None,
            credential: Credential::INTERNAL,
            authorization: None,
            target: Some(Target::unresolved(TargetKind::Log)),
            outcome: Outcome::Succeeded,
            cause: Vec::new(),
            detail: Detail::log_opened(origin),
            request: RequestId::from_random(ambient.random()),
            node: NodeId::from_random(ambient.random()),
            salt: ambient.random(),
            statements: vec![Statement::system(), Statement::organization(&created.name)],
            wall: now,
        };
        Records::one(Addressed { log: created.log, account: None, record })
    }
}
