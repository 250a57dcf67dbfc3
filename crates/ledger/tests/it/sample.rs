//! Records with fixed ids, salts and keys: one for each event and outcome.

use ledger::formats::Device;
use ledger::id::Kind;
use ledger::{
    Actor, ActorId, Authorization, Client, Credential, CredentialKind, Detail, DetailKind, DetailValue, Entry, Event,
    EventId, GrantSource, Held, Id, InstanceId, LogId, LogKind, Need, Opening, Origin, Outcome, OwnedLeaf, ReadList,
    Reason, Record, Statement, StatementName, Target, TargetKind, TextKey, TokenId,
};

/// The server of the samples.
pub(crate) const DEVICE: Device<'_> = Device { host: "esc.example.net", organization: "o_aaaaaaaaaaaaaaaa" };

/// The time of the first sample, microseconds UTC.
const TIME: i64 = 1_772_356_500_123_456;

pub(crate) const OUTCOMES: [Outcome; 5] = [
    Outcome::Succeeded,
    Outcome::Denied(Reason::PermissionMissing),
    Outcome::Failed(Reason::Absent),
    Outcome::Intended,
    Outcome::Unknown(Reason::Interrupted),
];

pub(crate) fn id<K: Kind>(seed: u8) -> Id<K> {
    let mut bits = [seed; 10];
    for place in 1..bits.len() {
        bits[place] = bits[place - 1].wrapping_add(29);
    }
    Id::from_random(bits)
}

pub(crate) fn origin() -> Origin {
    Origin::new(InstanceId::from_random([0x17; 10]), LogKind::Organization, LogId::from_random([0x4e; 10]))
}

/// A record of the event, with everything in it that the event may have.
pub(crate) fn record(event: Event, outcome: Outcome, seed: u8) -> Record {
    let actor = ActorId::from_random([0xa1; 10]);
    let subject = Some(actor.into());
    let client = Client {
        addr: Some("203.0.113.7"),
        how: Some("forwarded"),
        peer: Some("10.0.0.2"),
        ua: Some("esc-cli/1 (0.25.0; linux)"),
    };
    let mut statements =
        vec![Statement::actor(actor, "ada", "Ada Park"), Statement::client(subject, &client).expect("known")];
    let (target, names) = target(event);
    statements.extend(names);
    statements.extend(Statement::detail(subject, text(event)));
    if event.detail_keys().iter().any(|key| key.name == "reads") {
        let (via, paths) = (["web/prod".to_owned()], ["db.password".to_owned(), r#"keys["a b"][0]"#.to_owned()]);
        let list = ReadList { env: id(5), name: "shared/base", rev: 3, via: &via, paths: &paths };
        statements.extend(Statement::reads(&[list]));
    }
    if matches!(event, Event::EnvironmentCreated | Event::EnvironmentUpdated) {
        statements.push(Statement::definition([0xd5; 32]));
    }
    if event == Event::OpeningsDestroyed {
        statements.extend(Statement::destroyed(&[[0xfa; 32], [0x0b; 32]]));
    }
    let held = matches!(outcome, Outcome::Denied(_)).then_some(Held::Read);
    let authorization = Authorization {
        by: GrantSource::TeamGrant,
        id: Some(id::<ledger::kinds::Grant>(9).into()),
        need: Need::EnvironmentOpen,
        held,
        policy: 41,
    };
    let credential = Credential {
        kind: CredentialKind::PersonalToken,
        id: Some(TokenId::from_random([0x70; 10]).into()),
        from: Some(EventId::new(1_772_000_000_000, [0x33; 10])),
    };
    Record {
        id: EventId::new(1_772_356_500_123 + u64::from(seed), [seed; 10]),
        event,
        actor: Actor::user(actor),
        behalf: None,
        credential,
        authorization: target.map(|_| authorization),
        target,
        outcome,
        cause: if event == Event::EnvironmentReadOpen { vec![EventId::new(1, [1; 10])] } else { Vec::new() },
        detail: detail(event),
        request: id(seed),
        node: id(2),
        salt: [seed ^ 0x5a; 16],
        statements,
        wall: time(seed) + if matches!(outcome, Outcome::Failed(_)) { 1500 } else { 0 },
    }
}

pub(crate) fn time(seed: u8) -> i64 {
    TIME + i64::from(seed) * 1_000_003
}

/// Finishes the record at an index, with all its openings.
pub(crate) fn entry(record: &Record, seed: u8) -> Entry {
    let openings: Vec<_> = record
        .statements
        .iter()
        .map(|statement| {
            let mut key = [seed; 32];
            key[0] = u8::try_from(statement.name as usize).expect("few names");
            Opening::new(key, statement.name, statement.value.clone())
        })
        .collect();
    let commitments: Vec<_> = openings
        .iter()
        .map(|opening| (StatementName::from_word(&opening.name).expect("known"), opening.commitment))
        .collect();
    let pending = record.pending(&origin(), &commitments).expect("a sound record");
    let leaf = OwnedLeaf::parse(pending.finish(time(seed))).expect("a leaf that reads back");
    Entry { index: u64::from(seed), leaf, openings }
}

fn target(event: Event) -> (Option<Target>, Option<Statement>) {
    use Event as E;
    let user = ActorId::from_random([0xb2; 10]);
    let (kind, target, names) = match event {
        E::AuthenticationFailed
        | E::BackupMade
        | E::ClockAdopted
        | E::LogAdopted
        | E::LogFrozen
        | E::LogKeyChanged
        | E::LogResumed
        | E::LogsAnchored
        | E::OpeningsDestroyed
        | E::ServerStarted
        | E::ServerStopped
        | E::UserSignedOut => return (None, None),
        E::AuthFailureOrganizationRole
        | E::AuditLogExported
        | E::AuditLogRead
        | E::DefaultOrganizationSet
        | E::LogOpened
        | E::LogVisibilityChanged
        | E::OrganizationCreated
        | E::YamlChecked
        | E::OrganizationSettingsChanged => {
            (TargetKind::Organization, id::<ledger::kinds::Organization>(11).into(), Statement::organization("acme"))
        }
        E::OrganizationInviteAccepted | E::OrganizationInviteCanceled | E::OrganizationInviteSent => {
            (TargetKind::Link, id::<ledger::kinds::Link>(18).into(), Statement::organization("acme"))
        }
        E::CustomRoleCreated | E::CustomRoleDeleted | E::CustomRoleUpdated => {
            (TargetKind::Role, id::<ledger::kinds::Role>(19).into(), Statement::named(None, "auditors"))
        }
        E::MemberAdded | E::MemberRemoved | E::MemberRoleChanged => {
            (TargetKind::Member, user.into(), Statement::member(Some(user), "acme", "grace"))
        }
        E::TeamCreated | E::TeamDeleted | E::TeamUpdated => {
            (TargetKind::Team, id::<ledger::kinds::Team>(16).into(), Statement::team("acme", "payments"))
        }
        E::OneTimeLinkCreated
        | E::PasswordSet
        | E::UserCreated
        | E::UserUpdated
        | E::UserLogin
        | E::UserLoginFailed => (TargetKind::User, user.into(), Statement::user(Some(user.into()), "grace")),
        E::AuthorizationPolicyUpdated
        | E::OidcIssuerDeleted
        | E::OidcIssuerRegistered
        | E::OidcIssuerUpdated
        | E::OidcIssuerValidationFailed => {
            (TargetKind::OidcIssuer, id::<ledger::kinds::Issuer>(17).into(), Statement::named(None, "ci"))
        }
        E::OrganizationTokenCreated
        | E::OrganizationTokenCreatedForOidcIssuer
        | E::OrganizationTokenDeleted
        | E::TeamTokenCreated
        | E::TeamTokenCreatedForOidcIssuer
        | E::TeamTokenDeleted => {
            (TargetKind::Token, TokenId::from_random([0x72; 10]).into(), Statement::named(None, "deploy"))
        }
        E::PersonalTokenCreated | E::PersonalTokenCreatedForOidcIssuer | E::PersonalTokenDeleted => (
            TargetKind::Token,
            TokenId::from_random([0x71; 10]).into(),
            Statement::named(Some(user.into()), "ci laptop"),
        ),
        _ => {
            let before = matches!(event, E::EnvironmentRevisionTagUpdate | E::EnvironmentUpdated).then_some(6);
            let target = Target::new(TargetKind::Environment, id::<ledger::kinds::Environment>(4));
            let target = Target { project: Some(id(6)), rev: Some(7), before, ..target };
            return (Some(target), Some(Statement::environment("acme", "web", "prod")));
        }
    };
    (Some(Target { kind, id: Some(target), ..Target::unresolved(kind) }), Some(names))
}

fn text(event: Event) -> &'static [(TextKey, &'static str)] {
    match event {
        Event::EnvironmentRevisionTagOpen | Event::EnvironmentRevisionTagRead => &[(TextKey::Tag, "latest")],
        Event::EnvironmentRevisionTagCreated
        | Event::EnvironmentRevisionTagDelete
        | Event::EnvironmentRevisionTagUpdate => &[(TextKey::Tag, "stable")],
        Event::EnvironmentCloned => &[(TextKey::Name, "web/copy")],
        Event::EnvironmentRevisionRetracted => &[(TextKey::Reason, "leaked")],
        Event::EnvironmentRotated => &[(TextKey::Path, "database.login")],
        Event::EnvironmentTagCreated | Event::EnvironmentTagDeleted => {
            &[(TextKey::Tag, "team"), (TextKey::Value, "payments")]
        }
        Event::EnvironmentTagUpdated => &[
            (TextKey::Before, "platform"),
            (TextKey::Name, "owner"),
            (TextKey::Tag, "team"),
            (TextKey::Value, "payments"),
        ],
        Event::EnvironmentScheduleCreated
        | Event::EnvironmentScheduleDeleted
        | Event::EnvironmentScheduleUpdated
        | Event::ScheduleRun => &[(TextKey::Schedule, "0 3 * * *")],
        Event::PersonalTokenCreatedForOidcIssuer | Event::OrganizationTokenCreatedForOidcIssuer => {
            &[(TextKey::Subject, "repo:acme/web")]
        }
        Event::TeamTokenCreatedForOidcIssuer => &[(TextKey::Name, "payments"), (TextKey::Subject, "repo:acme/web")],
        Event::EnvironmentReadOpen => &[(TextKey::Property, "db.password")],
        Event::TeamCreated => &[(TextKey::Description, "Who takes the money"), (TextKey::Name, "Payments")],
        Event::OrganizationInviteCanceled | Event::OrganizationInviteSent => &[(TextKey::Email, "lin@acme.example")],
        Event::OrganizationTokenCreated => &[(TextKey::Description, "For the pipeline")],
        Event::TeamTokenCreated => &[(TextKey::Description, "For the pipeline"), (TextKey::Name, "payments")],
        Event::TeamTokenDeleted => &[(TextKey::Name, "payments")],
        Event::EnvironmentOwnerChanged | Event::TeamUpdated => &[(TextKey::Login, "grace")],
        Event::AuditLogRead => &[(TextKey::User, "grace"), (TextKey::Event, "environment-open")],
        _ => &[],
    }
}

/// Whether an event gained a key after its vectors were stored, which stay as they are.
fn is_gained(event: Event, key: &str) -> bool {
    let of_roles = matches!(event, Event::CustomRoleCreated | Event::CustomRoleDeleted | Event::CustomRoleUpdated);
    matches!(key, "custom" | "custombefore") && !of_roles
}

fn detail(event: Event) -> Detail {
    let mut detail = Detail::new();
    let written = event.detail_keys().iter().filter(|key| !is_gained(event, key.name));
    for (index, key) in written.enumerate() {
        let value = match key.kind {
            DetailKind::Integer => DetailValue::Integer(7 + 100 * index as u64),
            DetailKind::Boolean => DetailValue::Boolean(index % 2 == 0),
            DetailKind::Word => DetailValue::Word(match key.name {
                "attempted" => "list-environments",
                "before" => "member",
                "by" => "latest",
                "change" => "added",
                "chosen" => "subject",
                "format" => "csv",
                "role" => "admin",
                "version" => "0.1.0",
                _ => "sample",
            }),
            DetailKind::Id => DetailValue::Id(id::<ledger::kinds::Session>(13).into()),
            DetailKind::Event => DetailValue::Event(EventId::new(2, [2; 10])),
            DetailKind::Log => DetailValue::Log(LogId::from_random([14; 10])),
            DetailKind::Digest => DetailValue::Digest([0xe7; 32]),
            DetailKind::Words => DetailValue::Words(vec!["one", "two"]),
            DetailKind::Integers => DetailValue::Integers(vec![0, ledger::MAX_INTEGER]),
            DetailKind::Ids => DetailValue::Ids(vec![id::<ledger::kinds::Token>(15).into()]),
        };
        detail = detail.with(key.name, value);
    }
    detail
}
