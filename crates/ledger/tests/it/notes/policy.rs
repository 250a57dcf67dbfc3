//! Policies: whom a verifier trusts, and how many witnesses it wants.

use ledger::checkpoint::{self, Checkpoint};
use ledger::cosign;
use ledger::note::Signer;
use ledger::policy::{MAX_POLICY, Policy, PolicyError, PolicyFault, PolicyRefusal};

use super::{TestKey, origin};

/// A policy of one log and witnesses `w1` to `w5`, with more lines.
fn text(more: &str) -> String {
    let witnesses: Vec<String> = (1..=5).map(|n| format!("witness w{n} {}\n", witness(n).key)).collect();
    format!("log {}\n{}{more}", TestKey::log(1).key, witnesses.concat())
}

fn witness(n: u8) -> TestKey {
    TestKey::witness(&format!("witness{n}.example"), 10 + n)
}

/// A checkpoint, cosigned by these witnesses.
fn cosigned(witnesses: &[u8]) -> String {
    let log = TestKey::log(1);
    let note = checkpoint::sign(&origin(), 9, &[7; 32], &[&log]).expect("a checkpoint");
    let text = Checkpoint::read(note.as_bytes()).expect("a checkpoint").to_string();
    let lines = witnesses.iter().map(|n| cosign::sign(&text, 1, &witness(*n)).expect("a cosignature"));
    note.clone() + &lines.collect::<String>()
}

fn is_met(policy: &str, witnesses: &[u8]) -> bool {
    let policy = Policy::parse(&text(policy)).expect("a policy");
    match policy.open(cosigned(witnesses).as_bytes()) {
        Ok(verified) => {
            assert_eq!(verified.signatures.len(), 1 + witnesses.len());
            true
        }
        Err(PolicyRefusal::Quorum) => false,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_quorum_is_met_by_those_it_names() {
    assert!(is_met("quorum none\n", &[]));
    assert!(!is_met("quorum w1\n", &[]) && !is_met("quorum w1\n", &[2, 3]) && is_met("quorum w1\n", &[1, 3]));
    let two = "group g 2 w1 w2 w3\nquorum g\n";
    assert!(!is_met(two, &[1]) && !is_met(two, &[1, 4]) && is_met(two, &[1, 3]) && is_met(two, &[1, 2, 3]));
    let any = "group g any w1 w2\nquorum g\n";
    assert!(!is_met(any, &[3]) && is_met(any, &[2]));
    let all = "group g all w1 w2\nquorum g\n";
    assert!(!is_met(all, &[2]) && is_met(all, &[2, 1]));
    let nested = "group a any w1 w2\ngroup b 2 w3 w4\ngroup g all a b w5\nquorum g\n";
    assert!(is_met(nested, &[2, 3, 4, 5]));
    assert!(!is_met(nested, &[1, 2, 3, 5]) && !is_met(nested, &[2, 3, 4]) && !is_met(nested, &[3, 4, 5]));
}

#[test]
fn comments_blank_lines_and_addresses_are_read() {
    let (log, witness) = (TestKey::log(1).key, witness(1).key);
    let policy = format!(
        "# whom I trust\n\n  log\t{log}   https://log.example # the log\n\
         witness w {witness} https://witness.example\n   # nobody else\nquorum w"
    );
    let policy = Policy::parse(&policy).unwrap();
    assert_eq!((policy.logs()[0].key.clone(), policy.logs()[0].address.as_deref()), (log, Some("https://log.example")));
    assert_eq!(policy.witnesses()[0].key, witness);
    assert_eq!(policy.witnesses()[0].address.as_deref(), Some("https://witness.example"));
}

#[test]
fn what_is_no_policy_is_refused_with_its_line() {
    let (log, w) = (TestKey::log(1).key, witness(1).key);
    for (more, fault) in [
        ("nonsense\n".to_owned(), PolicyFault::Line),
        ("log\n".to_owned(), PolicyFault::Line),
        ("quorum\n".to_owned(), PolicyFault::Line),
        ("quorum w1 w2\n".to_owned(), PolicyFault::Line),
        ("group g\n".to_owned(), PolicyFault::Line),
        (format!("log {log}\n"), PolicyFault::Taken),
        (format!("log {} a b\n", TestKey::log(2).key), PolicyFault::Line),
        (format!("log {w}\n"), PolicyFault::Kind),
        (format!("witness w6 {log}\n"), PolicyFault::Kind),
        (format!("witness w6 {w}\n"), PolicyFault::Taken),
        (format!("witness w1 {}\n", witness(6).key), PolicyFault::Taken),
        (format!("witness none {}\n", witness(6).key), PolicyFault::Taken),
        ("group w1 1 w2\n".to_owned(), PolicyFault::Taken),
        ("group g 1 w9\n".to_owned(), PolicyFault::Missing),
        ("group g 1 g\n".to_owned(), PolicyFault::Missing),
        ("group g 1 none\n".to_owned(), PolicyFault::Missing),
        ("quorum g\n".to_owned(), PolicyFault::Missing),
        ("group g 2 w1 w1\n".to_owned(), PolicyFault::Shared),
        ("group g 0 w1\n".to_owned(), PolicyFault::Threshold),
        ("group g 2 w1\n".to_owned(), PolicyFault::Threshold),
        ("group g 01 w1\n".to_owned(), PolicyFault::Threshold),
        ("group g -1 w1\n".to_owned(), PolicyFault::Threshold),
        ("group g all\n".to_owned(), PolicyFault::Threshold),
        ("group g any\n".to_owned(), PolicyFault::Threshold),
    ] {
        assert_eq!(Policy::parse(&text(&more)), Err(PolicyError::Line { line: 7, fault }), "{more}");
    }
    let twice = text("group g 1 w1 w2\ngroup h 1 w2 w3\n");
    assert_eq!(Policy::parse(&twice), Err(PolicyError::Line { line: 8, fault: PolicyFault::Shared }));
    let twice = text("quorum w1\nquorum none\n");
    assert_eq!(Policy::parse(&twice), Err(PolicyError::Line { line: 8, fault: PolicyFault::Taken }));
    assert!(matches!(Policy::parse("log nonsense"), Err(PolicyError::Line { line: 1, fault: PolicyFault::Key(_) })));
    assert_eq!(Policy::parse(""), Err(PolicyError::Incomplete));
    assert_eq!(Policy::parse(&text("")), Err(PolicyError::Incomplete));
    assert_eq!(Policy::parse("quorum none\n"), Err(PolicyError::Incomplete));
    assert_eq!(Policy::parse(&" ".repeat(MAX_POLICY + 1)), Err(PolicyError::TooLong(MAX_POLICY + 1)));
}

#[test]
fn a_checkpoint_of_another_log_is_refused() {
    let policy = Policy::parse(&format!("log {}\nquorum none\n", TestKey::log(2).key())).unwrap();
    assert!(matches!(policy.open(cosigned(&[]).as_bytes()), Err(PolicyRefusal::Checkpoint(_))));
}
