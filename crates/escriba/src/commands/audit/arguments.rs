//! What `escriba audit` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::moment::{Moment, parse_interval};

/// `escriba audit …`
#[derive(Args)]
pub(crate) struct AuditArguments {
    #[command(flatten)]
    pub(crate) reach: Reach,
    #[command(subcommand)]
    pub(crate) action: Audit,
}

/// Where the server is, and as whom to ask it.
#[derive(Args)]
#[command(next_help_heading = "Server")]
pub(crate) struct Reach {
    /// Address of the server.
    ///
    /// Without it: `ESCRIBA_URL`, else `PULUMI_BACKEND_URL`, else the server that `pulumi login` or
    /// `esc login` signed in to.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// A file that holds the access token; `-` reads it from standard input.
    ///
    /// Without it: `ESCRIBA_TOKEN`, else `PULUMI_ACCESS_TOKEN` or the stored login of the same
    /// server. There is no flag for the token itself: every process of the machine can read the
    /// arguments of the others.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Certificates (PEM) to trust besides those of this machine: of an authority, or of the server itself.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca_cert: Option<PathBuf>,
    /// The organization; needed only by who belongs to several.
    #[arg(long, global = true, visible_alias = "org", value_name = "NAME")]
    pub(crate) organization: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Audit {
    /// List what happened, newest first.
    #[command(after_help = LIST)]
    List(ListArguments),
    /// Search for a text in sentences, names and addresses.
    #[command(after_help = SEARCH)]
    Search(SearchArguments),
    /// Follow what happens, as it happens.
    #[command(after_help = TAIL)]
    Tail(TailArguments),
    /// Export everything that matches, in a format for other tools or as a bundle for auditors.
    #[command(after_help = EXPORT)]
    Export(ExportArguments),
    /// Get the proof that the log holds an event, and check it at once.
    #[command(after_help = PROVE)]
    Prove(ProveArguments),
    /// Check a bundle, a proof, the data of a server or a whole log, trusting nobody but those you name.
    #[command(after_help = VERIFY)]
    Verify(VerifyArguments),
}

const LIST: &str = "Examples:
  escriba audit list                              the newest 50 events
  escriba audit list --since 2h                   of the last two hours
  escriba audit list --event 'Environment Open' --user lin --all
  escriba audit list --since 2026-03-01 --until 2026-03-31 --all --json | jq -r .description

A time is 2026-03-01T09:15:00Z, a date (a day of UTC), or how long ago: 90m, 2h, 7d.
Whoever reads the log stands in it, too.";

const SEARCH: &str = "Examples:
  escriba audit search env:web/prod               what was done with this environment
  escriba audit search ip:203.0.113.0/24 --since 7d
  escriba audit search 'user:lin outcome:denied'  what lin was refused
  escriba audit search 'secret:db.password -user:ada after:2026-03-01'
  escriba audit search prod                       all with this text in a name, an address, an event …

The keys are user, event, env, secret, ip, outcome, credential, request, after, before. Several values
of one key are alternatives, a minus turns around, what holds a space stands in quotation marks.";

const TAIL: &str = "Examples:
  escriba audit tail                              the last 10 events, and each new one
  escriba audit tail --since 1h --user lin
  escriba audit tail --event environment-open --json | while read -r event; do …; done

Every event is shown once, in the order of the log, also across a restart of the server.
Ctrl-C ends it. That you read the log is recorded; those records of its own are left out.";

const EXPORT: &str = "Examples:
  escriba audit export --output events.csv        everything, with the columns of the hosted product
  escriba audit export --format csv-full --since 2026-01-01 --until 2026-03-31 --output quarter.csv
  escriba audit export --format ndjson --since 1h | jq .
  escriba audit export --format bundle --output march.zip --since 2026-03-01 --until 2026-03-31

A bundle holds events with the proofs that nothing of them was changed or left out: `escriba audit
verify` checks it on any machine. A file appears under its name only when it is whole.";

const PROVE: &str = "Examples:
  escriba audit prove 019ca8ad-fa9b-7e29-8367-f904b1a56908 --key acme.vkey
  escriba audit prove 019ca8ad-fa9b-7e29-8367-f904b1a56908 --output e.tlog-proof --save-event e.json

Every answer that caused an event names it in the header `Escriba-Event`: whoever kept the name can
demand the proof. Proof and event together can be checked on any machine:

  escriba audit verify e.tlog-proof --event e.json --key acme.vkey

Exit codes: 0 the log holds it (by your key, if you gave one); 1 the proof does not hold, or the log
has no such event; 3 it fits together, but nobody whom you named with --key or --policy signed it;
2 it could not be checked: wrong usage, no answer, no permission.";

const VERIFY: &str = "Examples:
  escriba audit verify march.zip --key acme.vkey                        a bundle, on any machine
  escriba audit verify https://escriba.example.com/log/rf26ggh4sztli7x4/ --key acme.vkey
  escriba audit verify /var/lib/escriba                                 a server's data, on its host
  escriba audit verify e.tlog-proof --event e.json --policy witnesses.txt

Get the keys by a way of their own (`escriba log key`, on the server's host): what names its own key
proves nothing. A log behind an address is remembered and must extend itself from then on.

Exit codes: 0 all of it was checked and is as it was written; 1 something was changed, and the first
place is named; 3 all fits together, but nobody whom you named signed it; 4 texts are missing and no
record says why; 2 it could not be checked: wrong usage, no such file, no answer.";

/// Which events.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Filter")]
pub(crate) struct FilterArguments {
    /// Those of one user, by login.
    #[arg(long, value_name = "LOGIN")]
    pub(crate) user: Option<String>,
    /// Those of one type, by identifier (`environment-open`) or name (`Environment Open`).
    #[arg(long, value_name = "TYPE")]
    pub(crate) event: Option<String>,
    /// Those at or after a time: RFC 3339, a date, or how long ago (`2h`).
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Moment>,
    /// Those at or before a time; a date means the end of its day.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Moment>,
    /// Those of another log: `server` for the server's own, or a log of the organization that has ended, by its id.
    ///
    /// The server's log says when it started and stopped, what was done from its shell, and who was refused without a
    /// valid credential; its first administrator may read it. A log that lost its end is continued by another one
    /// (`escriba log resume`). Lists and exports are of the one that goes on today, and say which one it follows.
    #[arg(long, value_name = "LOG")]
    pub(crate) log: Option<String>,
}

#[derive(Args)]
pub(crate) struct ListArguments {
    /// How many at most.
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50, conflicts_with = "all")]
    pub(crate) limit: usize,
    /// All of them.
    #[arg(long)]
    pub(crate) all: bool,
    /// Print each event as one JSON object a line, as the API gives it.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
}

#[derive(Args)]
pub(crate) struct SearchArguments {
    /// What to look for.
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,
    /// How many to find at most.
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Print each event as one JSON object a line, as the API gives it.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
}

#[derive(Args)]
pub(crate) struct TailArguments {
    /// Those of one user, by login.
    #[arg(long, value_name = "LOGIN")]
    pub(crate) user: Option<String>,
    /// Those of one type, by identifier (`environment-open`) or name (`Environment Open`).
    #[arg(long, value_name = "TYPE")]
    pub(crate) event: Option<String>,
    /// Begin with what happened since a time: RFC 3339, a date, or how long ago (`2h`).
    #[arg(long, value_name = "TIME", conflicts_with = "lines")]
    pub(crate) since: Option<Moment>,
    /// Begin with the last COUNT events.
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 10)]
    pub(crate) lines: usize,
    /// How often to ask.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = parse_interval)]
    pub(crate) interval: std::time::Duration,
    /// Show the records that this command causes by reading, too.
    #[arg(long)]
    pub(crate) own: bool,
    /// Print each event as one JSON object a line, as the API gives it.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args)]
pub(crate) struct ExportArguments {
    /// What to write.
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub(crate) format: Format,
    /// Only from this place in the log on: the `index` of `list --json`.
    #[arg(long, value_name = "INDEX", conflicts_with_all = ["since", "until"])]
    pub(crate) from: Option<u64>,
    /// Only before this place in the log.
    #[arg(long, value_name = "INDEX", conflicts_with_all = ["since", "until"])]
    pub(crate) to: Option<u64>,
    /// Only what this query finds, as `escriba audit search` takes it.
    #[arg(long, value_name = "QUERY")]
    pub(crate) query: Option<String>,
    /// The file to write; standard output if not given, or `-`.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file if it is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// Print one JSON object about the written file: file, format, rows, bytes, event.
    #[arg(long, requires = "output")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) filter: FilterArguments,
}

/// Whom to trust.
#[derive(Args)]
#[command(next_help_heading = "Trust")]
pub(crate) struct TrustArguments {
    /// A verifier key, or a file with one a line; may be given several times.
    #[arg(long, value_name = "KEY|FILE")]
    pub(crate) key: Vec<String>,
    /// Whose signatures are needed: logs, witnesses and a quorum, as C2SP tlog-policy writes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct ProveArguments {
    /// The event, by its id.
    pub(crate) event: String,
    /// Save the proof in a file; it is printed if not given.
    #[arg(long, short = 'o', value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Save the event, which a proof is checked with.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_event: Option<PathBuf>,
    /// Replace files that are there.
    #[arg(long)]
    pub(crate) force: bool,
    /// Print one JSON object: the proof, the event, and what was found.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
}

#[derive(Args)]
pub(crate) struct VerifyArguments {
    /// A bundle, a proof or a full CSV; a data directory; or the address of a log.
    pub(crate) target: String,
    /// The event that a proof is about, as `prove --save-event` saved it.
    #[arg(long, value_name = "FILE")]
    pub(crate) event: Option<PathBuf>,
    /// Do not compare with what was seen of the log before, and do not remember it.
    #[arg(long)]
    pub(crate) no_remember: bool,
    /// Print one JSON object: verdict, fault, origin, entries, texts, shown, `not_shown`.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) trust: TrustArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The columns of the hosted product.
    Csv,
    /// All columns.
    CsvFull,
    /// One event a line, for security tools.
    Cef,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// The Open Cybersecurity Schema, one object a line.
    Ocsf,
    /// Entries with proofs, for `escriba audit verify`.
    Bundle,
}

impl Format {
    /// The word of the API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CsvFull => "csv-full",
            Self::Cef => "cef",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Ocsf => "ocsf",
            Self::Bundle => "bundle",
        }
    }
}
