//! The thread that writes: it runs waiting commands in one transaction, commits once, then
//! answers all of them.
//!
//! Groups form by themselves. While one commit waits for the disk, commands gather; the next
//! transaction takes them all. Nobody waits for a timer.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use ledger::EventId;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::checkpoint::{self, Dirty};
use super::{File, SqliteTx, at_once};
use crate::command::{Command, Done, Failure, Recorded, Records, Tx};
use crate::fault::injected;
use crate::log::{self, Heads, LogClock};
use crate::store::Counters;
use crate::{Ambient, Fault, Step, StoreError, dialect};

/// How many commands share one commit at most.
const GROUP: usize = 512;
/// How many commands may wait before more are turned away.
const WAITING: usize = 8_192;

/// The handle of the writing thread.
pub(crate) struct Writer {
    jobs: Mutex<Option<mpsc::SyncSender<Box<dyn Job>>>>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

/// A piece of work for the writing thread.
trait Job: Send {
    /// The step that its commit is, if a test may let it fail.
    fn step(&self) -> Option<Step>;
    /// Whether it begins and ends its transaction itself.
    fn is_alone(&self) -> bool {
        false
    }
    /// Does it inside the open transaction. An error means that the transaction is lost.
    fn run(&mut self, state: &mut State) -> Result<(), StoreError>;
    /// Answers, once the commit succeeded or failed.
    fn answer(self: Box<Self>, lost: Option<&Arc<StoreError>>);
}

impl Writer {
    pub(super) fn start(
        file: File,
        connection: Connection,
        ambient: Ambient,
        counters: Arc<Counters>,
    ) -> Result<Self, StoreError> {
        let (jobs, waiting) = mpsc::sync_channel(WAITING);
        let clock = LogClock::start(ambient.clock.wall(), ambient.clock.steady());
        let (connection, heads) = (Some(connection), Heads::default());
        let (dirty, checkpoints) = checkpoint::start(file.clone())?;
        let state = State {
            file,
            connection,
            heads,
            appended: 0,
            overwrites: false,
            clock,
            ambient,
            counters,
            dirty,
            checkpoints,
        };
        let thread = thread::Builder::new()
            .name("write".into())
            .spawn(move || state.serve(&waiting))
            .map_err(|source| StoreError::Io { what: "the writing thread could not be started".into(), source })?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// Runs a command and records it.
    pub(crate) async fn commit<C: Command>(&self, command: C) -> Result<Recorded<C::Output>, Failure<C::Error>> {
        let (reply, answer) = oneshot::channel();
        let job = CommandJob { command, end: End::Waiting, reply };
        self.send(Box::new(job)).map_err(Failure::Unrecorded)?;
        answer.await.unwrap_or(Err(Failure::Unrecorded(StoreError::Closed)))
    }

    /// Does a chore.
    pub(crate) async fn chore<W: Work>(&self, work: W) -> Result<W::Output, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Box::new(WorkJob { work, end: None, reply }))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Writes the tables that hold texts of people anew. Commands wait meanwhile.
    pub(crate) async fn rewrite_personal(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Box::new(RewriteJob { reply }))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Takes no more work, finishes what waits, and ends the thread.
    pub(crate) fn close(&self) {
        drop(self.jobs.lock().expect("no one panics while sending").take());
        let thread = self.thread.lock().expect("no one panics while closing").take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writing thread ended in a panic");
        }
    }

    fn send(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().expect("no one panics while sending");
        jobs.as_ref().ok_or(StoreError::Closed)?.try_send(job).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::TrySendError::Disconnected(_) => StoreError::Closed,
        })
    }
}

/// What the writing thread holds.
struct State {
    file: File,
    /// None after a failure, until it is opened anew.
    connection: Option<Connection>,
    heads: Heads,
    /// How many entries the open transaction has appended.
    appended: u64,
    /// Whether the open transaction overwrites what it deletes.
    overwrites: bool,
    clock: LogClock,
    ambient: Ambient,
    counters: Arc<Counters>,
    dirty: Dirty,
    checkpoints: thread::JoinHandle<()>,
}

impl State {
    fn serve(mut self, waiting: &mpsc::Receiver<Box<dyn Job>>) {
        let mut next = None;
        while let Some(first) = next.take().or_else(|| waiting.recv().ok()) {
            let mut group = vec![first];
            let done = if group[0].is_alone() {
                group[0].run(&mut self).map(|()| self.dirty.set())
            } else {
                self.group(&mut group, waiting, &mut next)
            };
            let lost = done.err().map(Arc::new);
            if let Some(error) = &lost {
                // A crash here loses nothing that was acknowledged: nobody was answered yet.
                tracing::error!(
                    error = &**error as &dyn std::error::Error,
                    commands = group.len(),
                    "a commit failed; nothing of it was done"
                );
                self.counters.failed_commits.inc();
                self.reload();
            }
            for job in group {
                job.answer(lost.as_ref());
            }
        }
        drop(self.dirty);
        if self.checkpoints.join().is_err() {
            tracing::error!("the checkpointing thread ended in a panic");
        }
        if let Some(connection) = self.connection {
            // Folds the write-ahead log into the database, so that a copy of the one file is whole.
            let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    /// Runs `group` and whatever else waits in one transaction, and commits it. What comes up that wants a
    /// transaction of its own is left for the next one.
    fn group(
        &mut self,
        group: &mut Vec<Box<dyn Job>>,
        waiting: &mpsc::Receiver<Box<dyn Job>>,
        alone: &mut Option<Box<dyn Job>>,
    ) -> Result<(), StoreError> {
        self.statement("BEGIN IMMEDIATE")?;
        self.heads.begin();
        let mut next = 0;
        loop {
            while next < group.len() {
                self.one(&mut *group[next])?;
                next += 1;
            }
            if group.len() >= GROUP {
                break;
            }
            match waiting.try_recv() {
                Ok(job) if job.is_alone() => {
                    *alone = Some(job);
                    break;
                }
                Ok(job) => group.push(job),
                Err(_) => break,
            }
        }
        self.flush()?;
        self.commit(group)?;
        self.dirty.set();
        if std::mem::take(&mut self.overwrites) {
            dialect::sqlite_overwrite_deleted(self.connection()?, false)?;
        }
        self.counters.commits.inc();
        self.counters.entries.inc_by(std::mem::take(&mut self.appended));
        Ok(())
    }

    fn commit(&mut self, group: &[Box<dyn Job>]) -> Result<(), StoreError> {
        let steps = group.iter().filter_map(|job| job.step());
        let fault = steps.into_iter().find_map(|step| Some((step, self.ambient.faults.at(step)?)));
        match fault {
            None => self.statement("COMMIT"),
            Some((step, Fault::Lost)) => Err(injected(step)),
            Some((step, Fault::Kept)) => {
                self.statement("COMMIT")?;
                Err(injected(step))
            }
        }
    }

    /// Runs one piece of work. Afterwards the transaction must still be open: on a full disk
    /// SQLite rolls back all of it by itself.
    fn one(&mut self, job: &mut dyn Job) -> Result<(), StoreError> {
        let ran = catch_unwind(AssertUnwindSafe(|| job.run(self)));
        match ran {
            Ok(result) => result?,
            Err(_) => return Err(StoreError::Closed),
        }
        if self.connection()?.is_autocommit() { Err(StoreError::Closed) } else { Ok(()) }
    }

    /// Drops all memory of the lost transaction and reads the truth anew.
    fn reload(&mut self) {
        self.heads = Heads::default();
        self.appended = 0;
        self.overwrites = false;
        // A failed sync is never retried on the same handle and then trusted.
        self.connection = None;
        match self.file.writer() {
            Ok(connection) => self.connection = Some(connection),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the database cannot be opened anew");
            }
        }
    }

    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        if self.connection.is_none() {
            self.connection = Some(self.file.writer()?);
        }
        self.connection.as_mut().ok_or(StoreError::Closed)
    }

    fn statement(&mut self, text: &'static str) -> Result<(), StoreError> {
        self.connection()?.prepare_cached(text)?.execute([])?;
        Ok(())
    }

    /// Appends records to the ends of their logs.
    fn append(&mut self, records: &mut Records) -> Result<(), Lost> {
        let wall = self.ambient.clock.wall();
        let reading = self.clock.read(wall, self.ambient.clock.steady());
        if reading.adopted {
            self.counters.clock_adoptions.inc();
        }
        let mut heads = std::mem::take(&mut self.heads);
        let (ambient, mut appended) = (self.ambient.clone(), 0);
        let done = run(self, |tx| {
            for addressed in records.iter_mut() {
                let origin = at_once(heads.enter(tx, addressed.log))?;
                // Decided and put in its place in one moment: the time of the log is the node's own,
                // unless that is doubted.
                addressed.record.wall = wall;
                let pending = at_once(log::prepare(tx, &ambient, &origin, addressed))?;
                let append = heads.append(tx, addressed.log, addressed.record.id, &pending, reading.ts);
                at_once(ambient.faults.within(Step::Append, append))?;
                appended += 1;
            }
            Ok(())
        })?;
        if done.is_err() {
            heads.undo();
        }
        heads.keep();
        self.heads = heads;
        done.map_err(Lost::Alone)?;
        self.appended += appended;
        Ok(())
    }

    /// Grows the trees by what the transaction appended.
    fn flush(&mut self) -> Result<(), StoreError> {
        let mut heads = std::mem::take(&mut self.heads);
        let faults = self.ambient.faults.clone();
        let flushed = run(self, |tx| at_once(faults.within(Step::Grow, heads.flush(tx))));
        self.heads = heads;
        match flushed {
            Ok(done) => done,
            Err(Lost::Alone(error) | Lost::Together(error)) => Err(error),
        }
    }

    /// Undoes a piece of work.
    fn undo(&mut self) -> Result<(), StoreError> {
        self.statement("ROLLBACK TO work")
    }
}

/// Why a piece of work was not done.
enum Lost {
    /// For a reason of its own: it alone is undone.
    Alone(StoreError),
    /// The transaction is lost, and all its work with it.
    Together(StoreError),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        Self::Together(error)
    }
}

/// Runs work in the open transaction. A failure of the database as a whole decides, whatever the
/// work made of it.
fn run<T>(state: &mut State, work: impl FnOnce(&mut SqliteTx<'_>) -> T) -> Result<T, Lost> {
    let mut tx = SqliteTx::new(state.connection()?);
    let done = work(&mut tx);
    let (fatal, overwrites) = (tx.fatal, tx.overwrites);
    state.overwrites |= overwrites;
    match fatal {
        Some(failure) => Err(Lost::Together(rusqlite::Error::SqliteFailure(failure, None).into())),
        None => Ok(done),
    }
}

type Answer<C> = Result<Recorded<<C as Command>::Output>, Failure<<C as Command>::Error>>;

/// A command, on its way through the writing thread.
struct CommandJob<C: Command> {
    command: C,
    end: End<C>,
    reply: oneshot::Sender<Answer<C>>,
}

enum End<C: Command> {
    Waiting,
    Done(C::Output, Vec<EventId>),
    Refused(C::Error, Vec<EventId>),
    Unrecorded(StoreError),
}

impl<C: Command> CommandJob<C> {
    fn attempt(&self, state: &mut State) -> Result<End<C>, Lost> {
        match run(state, |tx| at_once(self.command.run(tx)))? {
            Ok(Done { output, mut records }) => {
                state.append(&mut records)?;
                Ok(End::Done(output, records.events()))
            }
            Err(error) => {
                state.undo()?;
                let mut records = self.command.refused(&error);
                state.append(&mut records)?;
                Ok(End::Refused(error, records.events()))
            }
        }
    }
}

impl<C: Command> Job for CommandJob<C> {
    fn step(&self) -> Option<Step> {
        Some(Step::Commit)
    }

    fn run(&mut self, state: &mut State) -> Result<(), StoreError> {
        state.statement("SAVEPOINT work")?;
        self.end = match self.attempt(state) {
            Ok(end) => end,
            Err(Lost::Together(error)) => return Err(error),
            Err(Lost::Alone(error)) => {
                // This one could not be recorded, for a reason of its own; the others can be.
                state.undo()?;
                End::Unrecorded(error)
            }
        };
        state.statement("RELEASE work")
    }

    fn answer(self: Box<Self>, lost: Option<&Arc<StoreError>>) {
        let answer = match (lost, self.end) {
            (Some(error), _) => Err(Failure::Unrecorded(StoreError::NotRecorded(Arc::clone(error)))),
            (None, End::Done(output, events)) => Ok(Recorded::new(output, events)),
            (None, End::Refused(error, events)) => Err(Failure::Refused(Recorded::new(error, events))),
            (None, End::Unrecorded(error)) => Err(Failure::Unrecorded(error)),
            (None, End::Waiting) => Err(Failure::Unrecorded(StoreError::Closed)),
        };
        // The caller may have gone. The record is there all the same.
        let _ = self.reply.send(answer);
    }
}

/// What no transaction can do that commands share.
struct RewriteJob {
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Job for RewriteJob {
    fn step(&self) -> Option<Step> {
        None
    }

    fn is_alone(&self) -> bool {
        true
    }

    fn run(&mut self, state: &mut State) -> Result<(), StoreError> {
        dialect::sqlite_rewrite_personal(state.connection()?)
    }

    fn answer(self: Box<Self>, lost: Option<&Arc<StoreError>>) {
        let answer = lost.map_or(Ok(()), |error| Err(StoreError::NotRecorded(Arc::clone(error))));
        let _ = self.reply.send(answer);
    }
}

/// A write without a record. Only the store's own chores are such.
pub(crate) trait Work: Send + 'static {
    /// What it gives.
    type Output: Send + 'static;
    /// The step that its commit is, if a test may let it fail.
    fn step(&self) -> Option<Step>;
    /// Does it.
    fn work<T: Tx>(&self, tx: &mut T) -> impl Future<Output = Result<Self::Output, StoreError>> + Send;
}

struct WorkJob<W: Work> {
    work: W,
    end: Option<Result<W::Output, StoreError>>,
    reply: oneshot::Sender<Result<W::Output, StoreError>>,
}

impl<W: Work> Job for WorkJob<W> {
    fn step(&self) -> Option<Step> {
        self.work.step()
    }

    fn run(&mut self, state: &mut State) -> Result<(), StoreError> {
        state.statement("SAVEPOINT work")?;
        let end = match run(state, |tx| at_once(self.work.work(tx))) {
            Ok(end) => end,
            Err(Lost::Together(error) | Lost::Alone(error)) => return Err(error),
        };
        if end.is_err() {
            state.undo()?;
        }
        state.heads.doubt();
        self.end = Some(end);
        state.statement("RELEASE work")
    }

    fn answer(self: Box<Self>, lost: Option<&Arc<StoreError>>) {
        let answer = match lost {
            Some(error) => Err(StoreError::NotRecorded(Arc::clone(error))),
            None => self.end.unwrap_or(Err(StoreError::Closed)),
        };
        let _ = self.reply.send(answer);
    }
}
