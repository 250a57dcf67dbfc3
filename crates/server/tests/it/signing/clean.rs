//! Whatever an installation went through, `fsck` finds nothing in it that is not so.

use engine::Engine;
use proptest::prelude::*;

use super::{Logs, add, close, note, operator};

/// Something that happens to an installation.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Somebody joins.
    Add,
    /// As much as makes a tile full.
    AddMany,
    /// One of those who joined is erased: the texts about them go.
    Erase,
    /// Something that only the server's log says.
    Note,
    /// Heads are signed.
    Publish,
    /// Entries that are complete are bundled.
    Bundle,
    /// The heads of all logs are put down in the server's.
    Anchor,
    /// Another key signs from now on.
    Rotate,
    /// Old entries are read again.
    Scrub,
    /// The process ends, and another one begins.
    Restart,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => Just(Act::Add),
        1 => Just(Act::AddMany),
        3 => Just(Act::Erase),
        2 => Just(Act::Note),
        5 => Just(Act::Publish),
        3 => Just(Act::Bundle),
        2 => Just(Act::Anchor),
        1 => Just(Act::Rotate),
        1 => Just(Act::Scrub),
        1 => Just(Act::Restart),
    ];
    prop::collection::vec(act, 1..12)
}

/// An installation, and who joined it.
struct History {
    logs: Logs,
    engine: Engine,
    people: Vec<String>,
    joined: usize,
}

impl History {
    async fn add(&mut self) {
        let login = format!("user{}", self.joined);
        self.joined += 1;
        add(&self.engine, &login).await;
        self.people.push(login);
    }

    async fn act(&mut self, act: Act) {
        match act {
            Act::Add => self.add().await,
            Act::AddMany => {
                for _ in 0..80 {
                    self.add().await;
                }
            }
            Act::Erase => {
                if let Some(login) = self.people.pop() {
                    self.engine.erase_user(&operator(&self.engine), login, None).await.unwrap();
                }
            }
            Act::Note => note(&self.engine).await,
            Act::Publish => drop(self.engine.publish().await.unwrap()),
            Act::Bundle => drop(self.engine.bundle().await.unwrap()),
            Act::Anchor => {
                self.logs.clock.forward(60);
                self.engine.anchor_logs().await.unwrap();
            }
            Act::Rotate => drop(self.engine.rotate_log_key(&operator(&self.engine)).await.unwrap()),
            Act::Scrub => drop(self.engine.scrub().await.unwrap()),
            Act::Restart => {
                close(self.engine.clone()).await;
                self.engine = self.logs.open().await;
                self.engine.trust_database().await.unwrap();
            }
        }
        self.engine.sequence_all().await.unwrap();
    }
}

/// As many cases as `PROPTEST_CASES` asks for; each has a database of its own, so a few if it does not.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_no_false_alarm(acts in acts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (logs, engine) = Logs::new().await;
            let mut history = History { logs, engine, people: Vec::new(), joined: 0 };
            for act in &acts {
                history.act(*act).await;
            }
            let report = history.logs.fsck().await;
            close(history.engine).await;
            assert!(report.is_sound(), "{report:#?}");
            assert!(report.logs.iter().all(|log| log.frozen.is_none()), "{report:#?}");
        });
    }
}
