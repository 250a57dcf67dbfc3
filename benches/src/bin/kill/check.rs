//! Compares what the clients were told, what the log says, and what can be seen.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use anyhow::{Context as _, Result, ensure};
use benches::contract::REVISION_HEADER;
use benches::http::{Caller, Connection, query_value};
use benches::server::{ADMIN, Checked, CheckedLog, LogReport, ORGANIZATION};

use crate::STRANGER;
use crate::audit::{Entry, Pages, exported_rows};
use crate::clients::{ENVIRONMENTS, PROJECT, events, fate, path};
use crate::journal::{Deed, Fate, Journal, Session, Step};

/// More than these are counted and no longer printed.
const PRINTED: usize = 30;

/// Everything that is known of the run so far.
pub(crate) struct Checker {
    /// With a database that fails too, a server error means: not known.
    tolerates_server_errors: bool,
    /// The ids of all records that the log has shown.
    seen: HashSet<String>,
    /// The ids that were told to somebody.
    told: HashSet<String>,
    environments: HashMap<String, Recorded>,
    /// What the checker itself asked; the log is held to it in the next check.
    own_steps: Vec<Step>,
    verdict: Verdict,
}

/// What the log says of one environment.
#[derive(Debug, Clone, Copy, Default)]
struct Recorded {
    created: u32,
    updated: u32,
    deleted: u32,
}

impl Recorded {
    fn exists(self) -> bool {
        self.created > self.deleted
    }

    /// The first revision is made by the creation.
    fn revision(self) -> u32 {
        1 + self.updated
    }
}

/// The end of it.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) violations: Vec<String>,
    rounds: u32,
    acknowledged: usize,
    unknown: usize,
    kept: usize,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { violations, rounds, acknowledged, unknown, kept } = self;
        write!(
            f,
            "{rounds} rounds, {acknowledged} requests acknowledged, {unknown} cut off ({kept} of them recorded), \
             {} violations",
            violations.len()
        )
    }
}

/// What a round had.
pub(crate) struct Summary {
    acknowledged: usize,
    unknown: usize,
    kept: usize,
    violations: usize,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, unknown, kept, violations } = self;
        write!(f, "{acknowledged:>5} acknowledged, {unknown} cut off ({kept} recorded), {violations} violations")
    }
}

impl Checker {
    pub(crate) fn new(tolerates_server_errors: bool) -> Self {
        Self {
            tolerates_server_errors,
            seen: HashSet::new(),
            told: HashSet::new(),
            environments: HashMap::new(),
            own_steps: Vec::new(),
            verdict: Verdict::default(),
        }
    }

    pub(crate) fn verdict(self) -> Verdict {
        self.verdict
    }

    /// Checks what happened since the last check.
    pub(crate) async fn round(&mut self, admin: &Caller, journal: Journal) -> Result<Summary> {
        let violations_before = self.verdict.violations.len();
        let mut connection = Connection::open(admin.address()).await?;
        let own_steps = std::mem::take(&mut self.own_steps);
        let steps = journal.steps;
        if !self.tolerates_server_errors {
            for Step { deed, environment, .. } in journal.cut_off_by_the_living {
                self.violation(format!("{deed:?} of {environment} was cut off by a server that was not killed"));
            }
        }
        let touched: BTreeSet<String> = steps.iter().map(|step| step.environment.clone()).collect();

        let entries = self.new_entries(admin, &mut connection).await?;
        let (mut acknowledged, unknown) = self.split(&steps);
        let clients_acknowledged = acknowledged.len();
        acknowledged.extend(self.split(&own_steps).0);
        self.acknowledged_have_one_record(&acknowledged, &entries);
        let kept = self.others_were_cut_off(&acknowledged, &unknown, &entries);
        for name in &touched {
            self.environment_is_as_recorded(admin, &mut connection, name).await?;
        }
        for step in unknown.iter().filter(|step| step.deed == Deed::Update) {
            self.definition_is_the_last_recorded(admin, &mut connection, &step.environment, &steps).await?;
        }
        for session in journal.sessions {
            self.session_is_open(admin, &mut connection, &session).await?;
        }

        self.verdict.rounds += 1;
        self.verdict.acknowledged += clients_acknowledged;
        self.verdict.unknown += unknown.len();
        self.verdict.kept += kept;
        Ok(Summary {
            acknowledged: clients_acknowledged,
            unknown: unknown.len(),
            kept,
            violations: self.verdict.violations.len() - violations_before,
        })
    }

    /// Checks the log and the environments from end to end.
    pub(crate) async fn whole(&mut self, admin: &Caller) -> Result<()> {
        self.round(admin, Journal::default()).await?;
        self.verdict.rounds -= 1;
        let mut connection = Connection::open(admin.address()).await?;

        let mut ids = HashSet::new();
        let mut pages = Pages::newest(admin);
        while let Some(page) = pages.next(&mut connection).await? {
            for entry in page {
                if !ids.insert(entry.id.clone()) {
                    self.violation(format!("the log shows {} twice: {}", entry.id, entry.description));
                }
            }
        }
        for id in self.told.union(&self.seen).filter(|id| !ids.contains(*id)).cloned().collect::<Vec<_>>() {
            self.violation(format!("the log does not show {id}"));
        }

        // Nobody else is here: the export holds what the pages held, and what reading them caused.
        ids.extend(std::mem::take(&mut pages.caused));
        let rows = exported_rows(&mut connection, admin).await?;
        if rows != ids.len() {
            self.violation(format!("the export has {rows} rows, the list and the answers tell of {}", ids.len()));
        }

        self.list_is_as_recorded(admin, &mut connection).await
    }

    /// Checks what was found when everything that is stored of the logs was derived again.
    pub(crate) fn sound(&mut self, checked: &Checked) {
        for finding in &checked.findings {
            self.violation(format!("fsck: {}", finding.what));
        }
        for CheckedLog { log, findings, .. } in &checked.logs {
            for finding in findings {
                self.violation(format!("fsck: {log}: {}", finding.what));
            }
        }
        let most = checked.logs.iter().map(|log| log.entries).max().unwrap_or_default();
        if most < self.seen.len() as u64 {
            self.violation(format!("fsck: no log has the {} entries that were shown", self.seen.len()));
        }
    }

    /// Checks what the server says of its indexes.
    pub(crate) fn indexes(&mut self, logs: &[LogReport]) {
        for LogReport { log, entries, contiguous } in logs {
            if !contiguous {
                self.violation(format!("an index is missing or doubled in {log}, which has {entries} entries"));
            }
        }
        let most = logs.iter().map(|log| log.entries).max().unwrap_or_default();
        if most < self.seen.len() as u64 {
            self.violation(format!("no log has the {} entries that were shown", self.seen.len()));
        }
    }

    /// The entries since the last check, the oldest first.
    async fn new_entries(&mut self, admin: &Caller, connection: &mut Connection) -> Result<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut pages = Pages::newest(admin);
        let mut new = HashSet::new();
        'pages: while let Some(page) = pages.next(connection).await? {
            for entry in page {
                if self.seen.contains(&entry.id) {
                    break 'pages;
                }
                if new.insert(entry.id.clone()) {
                    entries.push(entry);
                } else {
                    self.violation(format!("the log shows {} twice: {}", entry.id, entry.description));
                }
            }
        }
        self.told.extend(pages.caused);
        self.seen.extend(new);
        entries.reverse();
        for entry in entries.iter().filter(|entry| entry.succeeded()) {
            let Some(name) = entry.environment() else { continue };
            let recorded = self.environments.entry(name.to_owned()).or_default();
            match entry.event.as_str() {
                "environment-created" => recorded.created += 1,
                "environment-updated" => recorded.updated += 1,
                "environment-deleted" => recorded.deleted += 1,
                _ => {}
            }
        }
        Ok(entries)
    }

    /// Parts the steps that were answered from those that were cut off.
    fn split(&mut self, steps: &[Step]) -> (Vec<Acknowledged>, Vec<Step>) {
        let mut acknowledged = Vec::new();
        let mut unknown = Vec::new();
        for step in steps {
            match &step.fate {
                Fate::Unknown => unknown.push(step.clone()),
                Fate::Answered { status, .. } if *status >= 500 && self.tolerates_server_errors => {
                    unknown.push(step.clone());
                }
                Fate::Answered { status, body, .. } if !step.deed.expects(*status) => {
                    let Step { deed, environment, .. } = step;
                    self.violation(format!("{deed:?} of {environment} was answered with {status}: {}", body.trim()));
                }
                Fate::Answered { events, .. } => {
                    self.told.extend(events.iter().cloned());
                    match events.as_slice() {
                        [event] => acknowledged.push(Acknowledged { step: step.clone(), event: event.clone() }),
                        [] if step.deed == Deed::Probe => {}
                        events => {
                            let Step { deed, environment, .. } = step;
                            self.violation(format!(
                                "{deed:?} of {environment} was answered with {} events",
                                events.len()
                            ));
                        }
                    }
                }
            }
        }
        (acknowledged, unknown)
    }

    fn acknowledged_have_one_record(&mut self, acknowledged: &[Acknowledged], entries: &[Entry]) {
        let by_id: HashMap<&str, &Entry> = entries.iter().map(|entry| (entry.id.as_str(), entry)).collect();
        let mut used = HashSet::new();
        for Acknowledged { step, event } in acknowledged {
            let Step { deed, environment, .. } = step;
            if !used.insert(event.as_str()) {
                self.violation(format!("{event} was told twice, at last for {deed:?} of {environment}"));
            }
            let Some(entry) = by_id.get(event.as_str()) else {
                self.violation(format!("{deed:?} of {environment} was acknowledged as {event}, which the log has not"));
                continue;
            };
            if *deed != Deed::Probe && Kind::of(step) != Kind::recorded(entry) {
                self.violation(format!("{deed:?} of {environment} is recorded as {entry:?}"));
            }
        }
    }

    /// Every record that nobody was told of belongs to a request that was cut off. Returns how many these are.
    fn others_were_cut_off(&mut self, acknowledged: &[Acknowledged], unknown: &[Step], entries: &[Entry]) -> usize {
        let told: HashSet<&str> = acknowledged.iter().map(|acknowledged| acknowledged.event.as_str()).collect();
        let mut possible: Vec<Kind> = unknown.iter().map(Kind::of).collect();
        let mut kept = 0;
        for entry in entries.iter().filter(|entry| !told.contains(entry.id.as_str())) {
            let kind = Kind::recorded(entry);
            if kind.environment.is_none() {
                continue;
            }
            match possible.iter().position(|possible| *possible == kind) {
                Some(at) => {
                    possible.swap_remove(at);
                    kept += 1;
                }
                None => self.violation(format!("nobody asked for what is recorded as {entry:?}")),
            }
        }
        kept
    }

    async fn environment_is_as_recorded(
        &mut self,
        admin: &Caller,
        connection: &mut Connection,
        name: &str,
    ) -> Result<()> {
        let recorded = self.environments.get(name).copied().unwrap_or_default();
        if recorded.created > 1 || recorded.deleted > recorded.created {
            self.violation(format!("{name} was created and deleted as {recorded:?}"));
        }
        let answer = connection.send(&admin.request("HEAD", &path(name, ""), &[])).await?;
        let status = answer.status;
        let revision = answer.header(REVISION_HEADER).and_then(|digits| digits.parse::<u32>().ok());
        let probe = Step {
            deed: Deed::Probe,
            environment: name.to_owned(),
            marker: None,
            fate: Fate::Answered { status, events: events(&answer), body: String::new() },
        };
        self.own_steps.push(probe);
        match status {
            200 if !recorded.exists() => self.violation(format!("{name} is there, but its records are {recorded:?}")),
            200 if revision != Some(recorded.revision()) => {
                self.violation(format!("{name} is at revision {revision:?}, but its records are {recorded:?}"));
            }
            404 if recorded.exists() => self.violation(format!("{name} is gone, but its records are {recorded:?}")),
            _ => {}
        }
        Ok(())
    }

    async fn definition_is_the_last_recorded(
        &mut self,
        admin: &Caller,
        connection: &mut Connection,
        name: &str,
        steps: &[Step],
    ) -> Result<()> {
        let recorded = self.environments.get(name).copied().unwrap_or_default();
        if !recorded.exists() {
            return Ok(());
        }
        // A client's updates are stored in the order in which it sends them, each after the answer to the one before.
        let updates = steps.iter().filter(|step| step.environment == name && step.deed == Deed::Update);
        let markers: Vec<&str> = updates.filter_map(|step| step.marker.as_deref()).collect();
        let expected = usize::try_from(recorded.updated)?.checked_sub(1).and_then(|last| markers.get(last).copied());
        let body = self.ask(admin, connection, Deed::Read, name, &path(name, "")).await?;
        let stored = body.lines().find_map(|line| line.strip_prefix("  marker: "));
        if stored != expected {
            self.violation(format!("{name} holds {stored:?}, but its records lead to {expected:?}"));
        }
        Ok(())
    }

    async fn session_is_open(&mut self, admin: &Caller, connection: &mut Connection, session: &Session) -> Result<()> {
        let Session { environment, id } = session;
        if self.environments.get(environment).is_some_and(|recorded| recorded.exists()) {
            self.ask(admin, connection, Deed::ReadOpen, environment, &path(environment, &format!("/open/{id}")))
                .await?;
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        admin: &Caller,
        connection: &mut Connection,
        deed: Deed,
        environment: &str,
        path: &str,
    ) -> Result<String> {
        let fate = fate(connection.send(&admin.request("GET", path, &[])).await);
        let body = match &fate {
            Fate::Answered { body, .. } => body.clone(),
            Fate::Unknown => String::new(),
        };
        self.own_steps.push(Step { deed, environment: environment.to_owned(), marker: None, fate });
        Ok(body)
    }

    async fn list_is_as_recorded(&mut self, admin: &Caller, connection: &mut Connection) -> Result<()> {
        let mut listed = HashSet::new();
        let mut token = String::new();
        loop {
            let path = format!("{ENVIRONMENTS}/{ORGANIZATION}?continuationToken={}", query_value(&token));
            let answer = connection.send(&admin.request("GET", &path, &[])).await.context("listing environments")?;
            ensure!(answer.status == 200, "the list of environments was answered with {}", answer.status);
            let page: serde_json::Value = serde_json::from_slice(answer.body)?;
            for environment in page["environments"].as_array().context("a list has environments")? {
                if environment["project"] == PROJECT {
                    listed.insert(environment["name"].as_str().unwrap_or_default().to_owned());
                }
            }
            page["nextToken"].as_str().unwrap_or_default().clone_into(&mut token);
            if token.is_empty() {
                break;
            }
        }
        let recorded = self.environments.iter().filter(|(_, recorded)| recorded.exists());
        let recorded: HashSet<String> = recorded.map(|(name, _)| name.clone()).collect();
        for name in listed.difference(&recorded) {
            self.violation(format!("{name} is listed, but its records say that it is not there"));
        }
        for name in recorded.difference(&listed) {
            self.violation(format!("{name} is not listed, but its records say that it is there"));
        }
        for name in recorded {
            self.environment_is_as_recorded(admin, connection, &name).await?;
        }
        Ok(())
    }

    fn violation(&mut self, what: String) {
        if self.verdict.violations.len() < PRINTED {
            println!("VIOLATION: {what}");
        }
        self.verdict.violations.push(what);
    }
}

/// A request that was answered as it should be, with its one event.
struct Acknowledged {
    step: Step,
    event: String,
}

/// What a request and its record have in common.
#[derive(Debug, PartialEq, Eq)]
struct Kind {
    event: Option<String>,
    environment: Option<String>,
    succeeded: bool,
    login: String,
}

impl Kind {
    fn of(step: &Step) -> Self {
        let stranger = step.deed == Deed::Intrude;
        Self {
            event: step.deed.event().map(str::to_owned),
            environment: Some(step.environment.clone()),
            succeeded: !stranger,
            login: if stranger { STRANGER } else { ADMIN }.to_owned(),
        }
    }

    fn recorded(entry: &Entry) -> Self {
        Self {
            event: Some(entry.event.clone()),
            environment: entry.environment().map(str::to_owned),
            succeeded: entry.succeeded(),
            login: entry.user.login.clone(),
        }
    }
}
