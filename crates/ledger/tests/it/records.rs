//! Which records become leaves, and when statements share an opening.

use ledger::{Actor, ActorKind, Detail, Event, EventId, Leaf, Outcome, RecordError, Sharing, Statement, StatementName};

use crate::sample;

fn commitments(statements: &[Statement]) -> Vec<(StatementName, [u8; 32])> {
    statements.iter().map(|statement| (statement.name, [statement.name as u8; 32])).collect()
}

#[test]
fn a_record_that_no_leaf_can_hold_is_refused() {
    let good = sample::record(Event::EnvironmentOpen, Outcome::Succeeded, 1);
    let committed = commitments(&good.statements);
    let refusal = |change: &dyn Fn(&mut ledger::Record)| {
        let mut record = good.clone();
        change(&mut record);
        record.pending(&sample::origin(), &committed).expect_err("a mistake")
    };
    let event = Event::EnvironmentOpen;
    assert_eq!(
        refusal(&|record| record.detail = Detail::new().word("method", "password")),
        RecordError::DetailKey { event, key: "method" }
    );
    assert_eq!(
        refusal(&|record| record.detail = Detail::new().word("lifetime", "long")),
        RecordError::DetailKind { event, key: "lifetime" }
    );
    assert_eq!(
        refusal(&|record| record.detail = Detail::new().integer("lifetime", 1 << 53)),
        RecordError::Integer("lifetime")
    );
    assert_eq!(
        refusal(&|record| record.detail = Detail::new().word("by", "two words")),
        RecordError::Word("two words")
    );
    assert_eq!(
        refusal(&|record| record.actor = Actor { id: None, ..record.actor }),
        RecordError::Actor(ActorKind::User)
    );
    assert_eq!(refusal(&|record| record.cause = vec![record.id; 9]), RecordError::Causes);
    assert_eq!(refusal(&|record| record.wall = -1), RecordError::Clock);
    assert_eq!(refusal(&|record| _ = record.statements.pop()), RecordError::Unpaired(StatementName::Reads));
    assert_eq!(
        refusal(&|record| record.statements.push(record.statements[0].clone())),
        RecordError::Repeated(StatementName::Actor)
    );
    let silent = ledger::Record { statements: Vec::new(), ..good.clone() };
    assert_eq!(silent.pending(&sample::origin(), &[]), Err(RecordError::Silent));
    assert_eq!(silent.pending(&sample::origin(), &committed), Err(RecordError::Unpaired(StatementName::Actor)));
}

#[test]
fn a_record_with_everything_in_it_still_fits() {
    for event in Event::ALL {
        let mut record = sample::record(*event, Outcome::Failed(ledger::Reason::DecryptionFailed), 1);
        record.cause = (0..8).map(|n| EventId::new(n, [7; 10])).collect();
        record.behalf = Some(record.actor);
        let pending = record.pending(&sample::origin(), &commitments(&record.statements)).expect("it fits");
        let leaf = pending.finish(i64::MAX);
        let leaf = Leaf::parse(&leaf).expect("a leaf");
        assert_eq!(leaf.causes().collect::<Vec<_>>(), record.cause);
        assert_eq!(leaf.behalf_id(), leaf.actor_id());
        assert_eq!(leaf.wall(), record.wall);
    }
}

#[test]
fn the_wall_stands_in_a_leaf_only_if_it_differs() {
    let record = sample::record(Event::EnvironmentOpen, Outcome::Succeeded, 1);
    let pending = record.pending(&sample::origin(), &commitments(&record.statements)).expect("a sound record");
    let (same, later) = (pending.finish(record.wall), pending.finish(record.wall + 1));
    assert!(same.ends_with(b"\"v\":1}"));
    assert!(later.ends_with(format!("\"v\":1,\"wall\":{}}}", record.wall).as_bytes()));
    assert_eq!(Leaf::parse(&later).expect("a leaf").ts(), record.wall + 1);
}

#[test]
fn personal_statements_share_an_opening_within_a_month_and_others_for_ever() {
    let (march, later_in_march, april) = (1_772_356_500_000_000, 1_775_001_599_999_999, 1_775_001_600_000_000);
    let actor = Statement::actor(sample::id(1), "ada", "Ada");
    assert_eq!(actor.sharing, Sharing::Monthly);
    assert_eq!(actor.fingerprint(march), actor.fingerprint(later_in_march));
    assert_ne!(actor.fingerprint(march), actor.fingerprint(april));
    let other = Statement::actor(sample::id(2), "ada", "Ada");
    assert_ne!(actor.fingerprint(march), other.fingerprint(march));
    let names = Statement::environment("acme", "web", "prod");
    assert_eq!(names.sharing, Sharing::Always);
    assert_eq!(names.fingerprint(march), names.fingerprint(april));
}

#[test]
fn the_first_entry_of_a_log_says_what_log_it_is() {
    let origin = sample::origin();
    let mut record = sample::record(Event::LogOpened, Outcome::Succeeded, 1);
    record.detail = Detail::log_opened(&origin);
    let leaf = record.pending(&origin, &commitments(&record.statements)).expect("a sound record").finish(1);
    let leaf = Leaf::parse(&leaf).expect("a leaf");
    let said: Vec<_> = leaf.details().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(said, ["hash=sha-256", "kind=org", "record=1"]);
}
