//! The schema: the same on both databases, applied once, and never by chance another.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Barrier};

use store::StoreError;

use crate::harness::{HOUR, Place, TestStore, open_bare};

#[tokio::test]
async fn both_databases_have_this_schema() {
    let place = Place::new().await;
    open_bare(place.database(), 1).await.unwrap();

    assert_eq!(schema(&place).await, SCHEMA);
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let test = TestStore::open().await;
    let before = (schema(test.place()).await, migrations(test.place()).await);
    test.clock.advance(HOUR);

    let test = test.restart(2).await;

    assert_eq!((schema(test.place()).await, migrations(test.place()).await), before);
}

#[tokio::test]
async fn stores_that_open_one_empty_database_at_once_all_succeed() {
    const STORES: usize = 4;
    for round in 0..5 {
        let place = Arc::new(Place::new().await);
        let together = Arc::new(Barrier::new(STORES));
        let threads: Vec<_> = (0..STORES)
            .map(|number| {
                let (place, together) = (Arc::clone(&place), Arc::clone(&together));
                std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    together.wait();
                    runtime.block_on(open_bare(place.database(), number as u64)).map(drop)
                })
            })
            .collect();
        for thread in threads {
            let opened = thread.join().unwrap();
            assert!(opened.is_ok(), "round {round}: {opened:?}");
        }
        assert_eq!(schema(&place).await, SCHEMA);
    }
}

#[tokio::test]
async fn a_migration_that_is_not_ours_is_refused() {
    let place = Place::new().await;
    open_bare(place.database(), 1).await.unwrap();
    place.execute("UPDATE schema_migration SET digest = 'other' WHERE number = 1").await;

    let refused = open_bare(place.database(), 2).await.err();

    let Some(StoreError::Migration(why)) = refused else { panic!("{refused:?}") };
    assert_eq!(why, "migration 1 of this database is not the one this program carries");
}

#[tokio::test]
async fn a_schema_newer_than_ours_is_refused() {
    let place = Place::new().await;
    open_bare(place.database(), 1).await.unwrap();
    place.execute("INSERT INTO schema_migration (number, name, digest, applied_at) VALUES (999, 'x', 'x', 0)").await;

    let refused = open_bare(place.database(), 2).await.err();

    let Some(StoreError::Migration(why)) = refused else { panic!("{refused:?}") };
    assert!(why.starts_with("the database is at schema 999, newer than the "), "{why}");
}

/// What refers to an environment goes with it: a table that is forgotten would keep every environment from being purged.
#[test]
fn a_purge_empties_every_table_that_refers_to_environments() {
    let mut table = "";
    let mut referring = Vec::new();
    for line in SCHEMA.lines() {
        match line.strip_prefix("    ") {
            None => table = line,
            Some("reference (environment_id) to environment (id)") => referring.push(table),
            Some(_) => {}
        }
    }
    assert_eq!(referring, store::purge::TABLES);
}

/// The rows of the table of migrations, the row that is only a lock aside.
async fn migrations(place: &Place) -> Vec<(i64, String, String, i64)> {
    const ROWS: &str = "SELECT number, name, digest, applied_at FROM schema_migration WHERE number > 0 ORDER BY number";
    match place {
        Place::Sqlite { .. } => place
            .sqlite()
            .prepare(ROWS)
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap(),
        Place::Postgres { .. } => {
            let rows = place.postgres().await.client.query(ROWS, &[]).await.unwrap();
            rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
        }
    }
}

/// Tables with their columns (`?` where null is allowed), keys, indexes and references, sorted, in words of our own.
async fn schema(place: &Place) -> String {
    let facts = match place {
        Place::Sqlite { .. } => sqlite_facts(&place.sqlite()),
        Place::Postgres { .. } => postgres_facts(&place.postgres().await.client).await,
    };
    let mut text = String::new();
    let mut above = None;
    for (table, fact) in &facts {
        if above.replace(table) != Some(table) {
            writeln!(text, "{table}").unwrap();
        }
        writeln!(text, "    {fact}").unwrap();
    }
    text
}

type Facts = BTreeSet<(String, String)>;

fn column(name: &str, kind: &str, nullable: bool, default: Option<&str>) -> String {
    let kind = match kind {
        // The second is how the harness spells it on both.
        "INTEGER" | "BIGINT" | "int8" => "integer",
        "TEXT" | "text" => "text",
        "BLOB" | "bytea" => "bytes",
        other => panic!("a column of type {other}"),
    };
    let default = default.map(|default| match default.split("::").next().unwrap_or(default) {
        // No bytes, in either spelling.
        "x''" | "'\\x'" => " default ''".to_owned(),
        default => format!(" default {default}"),
    });
    let default = default.unwrap_or_default();
    format!("column {name} {kind}{}{default}", if nullable { "?" } else { "" })
}

fn index(primary: bool, unique: bool, columns: &[String], partial: bool) -> String {
    let kind = if primary {
        "key"
    } else if unique {
        "unique"
    } else {
        "index"
    };
    format!("{kind} ({}){}", columns.join(", "), if partial { " of some rows" } else { "" })
}

fn sqlite_facts(connection: &rusqlite::Connection) -> Facts {
    let strings = |text: &str, of: &str| -> Vec<String> {
        connection.prepare(text).unwrap().query_map([of], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let mut facts = Facts::new();
    for table in strings("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ?1", "") {
        let mut columns =
            connection.prepare("SELECT name, type, \"notnull\", dflt_value FROM pragma_table_info(?1)").unwrap();
        let mut rows = columns.query([&table]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let (name, kind): (String, String) = (row.get(0).unwrap(), row.get(1).unwrap());
            let (not_null, default): (bool, Option<String>) = (row.get(2).unwrap(), row.get(3).unwrap());
            facts.insert((table.clone(), column(&name, &kind, !not_null, default.as_deref())));
        }
        let key = strings("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk", &table);
        facts.insert((table.clone(), index(true, true, &key, false)));
        let mut indexes = connection
            .prepare("SELECT name, \"unique\", partial FROM pragma_index_list(?1) WHERE origin <> 'pk'")
            .unwrap();
        let mut rows = indexes.query([&table]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let name: String = row.get(0).unwrap();
            let columns = strings("SELECT name FROM pragma_index_info(?1) ORDER BY seqno", &name);
            facts.insert((table.clone(), index(false, row.get(1).unwrap(), &columns, row.get(2).unwrap())));
        }
        let references = "SELECT 'reference (' || \"from\" || ') to ' || \"table\" || ' (' || \"to\" || ')' FROM pragma_foreign_key_list(?1)";
        facts.extend(strings(references, &table).into_iter().map(|reference| (table.clone(), reference)));
    }
    facts
}

async fn postgres_facts(client: &tokio_postgres::Client) -> Facts {
    const COLUMNS: &str = "
        SELECT table_name::text, column_name::text, udt_name::text, is_nullable = 'YES', column_default::text
        FROM information_schema.columns WHERE table_schema = 'public'";
    const INDEXES: &str = "
        SELECT t.relname::text, i.indisprimary, i.indisunique, i.indpred IS NOT NULL,
               ARRAY(SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k (number, place)
                     JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number ORDER BY k.place)
        FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
        WHERE t.relnamespace = 'public'::regnamespace";
    const REFERENCES: &str = "
        SELECT t.relname::text, 'reference (' || a.attname || ') to ' || f.relname || ' (' || b.attname || ')'
        FROM pg_constraint c
        JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
        JOIN pg_attribute b ON b.attrelid = f.oid AND b.attnum = c.confkey[1]
        WHERE c.contype = 'f' AND cardinality(c.conkey) = 1";
    let mut facts = Facts::new();
    for row in client.query(COLUMNS, &[]).await.unwrap() {
        let fact = column(row.get(1), row.get(2), row.get(3), row.get(4));
        facts.insert((row.get(0), fact));
    }
    for row in client.query(INDEXES, &[]).await.unwrap() {
        let columns: Vec<String> = row.get(4);
        facts.insert((row.get(0), index(row.get(1), row.get(2), &columns, row.get(3))));
    }
    facts.extend(client.query(REFERENCES, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))));
    facts
}

/// What [`schema`] gives.
const SCHEMA: &str = "\
account
    column created_at integer
    column default_organization_id text?
    column email text
    column id text
    column login text
    column name text
    column password_hash text?
    key (id)
    reference (default_organization_id) to organization (id)
    unique (login)
credential
    column account_id text
    column created_at integer
    column created_by text
    column digest bytes
    column expires_at integer?
    column id text
    column issued_by bytes
    column issuer_id text?
    column kind text
    column last_used_at integer?
    column lookup integer
    column name text
    column revoked_at integer?
    index (account_id, kind, created_at)
    index (issuer_id) of some rows
    index (lookup)
    key (id)
    reference (account_id) to account (id)
custom_role
    column created_at integer
    column description text
    column id text
    column modified_at integer
    column name text
    column organization_id text
    column scopes text
    column version integer
    key (id)
    reference (organization_id) to organization (id)
    unique (organization_id, name)
data_key
    column created_at integer
    column environment_id text?
    column id bytes
    column organization_id text
    column wrapped bytes
    index (organization_id, environment_id)
    key (id)
    reference (environment_id) to environment (id)
    reference (organization_id) to organization (id)
    unique (environment_id)
environment
    column created_at integer
    column deleted_at integer?
    column deletion_protected integer default 0
    column id text
    column modified_at integer
    column name text
    column organization_id text
    column owner_id text
    column project_id text
    column revision integer
    index (organization_id, deleted_at)
    key (id)
    reference (organization_id) to organization (id)
    reference (owner_id) to account (id)
    reference (project_id) to project (id)
    unique (project_id, name) of some rows
environment_tag
    column created_at integer
    column editor_id text
    column environment_id text
    column modified_at integer
    column name text
    column value text
    key (environment_id, name)
    reference (editor_id) to account (id)
    reference (environment_id) to environment (id)
identity
    column account_id text
    column created_at integer
    column issuer text
    column subject text
    key (issuer, subject)
    reference (account_id) to account (id)
    unique (account_id, issuer)
import
    column environment_id text
    column name text
    column organization_id text
    column project text
    column revision integer
    column version text
    index (organization_id, project, name, environment_id, revision)
    key (environment_id, revision, project, name, version)
    reference (environment_id) to environment (id)
    reference (organization_id) to organization (id)
instance
    column administrator text?
    column created_at integer
    column id integer
    column key_fingerprint text
    column name text
    key (id)
    reference (administrator) to account (id)
invite
    column accepted_at integer?
    column accepted_by text?
    column canceled_at integer?
    column created_at integer
    column created_by text
    column custom_role_id text?
    column digest bytes
    column email text
    column expires_at integer
    column id text
    column issued_by bytes
    column lookup integer
    column organization_id text
    column role text
    index (custom_role_id)
    index (lookup)
    index (organization_id, created_at)
    key (id)
    reference (accepted_by) to account (id)
    reference (custom_role_id) to custom_role (id)
    reference (organization_id) to organization (id)
lease
    column expires_at integer
    column holder text
    column name text
    key (name)
log
    column frontier bytes default ''
    column frozen text?
    column id integer
    column identifier text
    column last_ts integer default 0
    column organization_id text?
    column origin text
    column predecessor integer?
    column size integer default 0
    key (id)
    reference (predecessor) to log (id)
    unique (identifier)
    unique (organization_id)
    unique (origin)
    unique (predecessor)
log_actor
    column account_id text
    column actor_id text
    column log_id integer
    key (log_id, account_id)
log_anchor
    column created_at integer
    column event_id bytes
    column list bytes
    column number integer
    column root bytes
    key (number)
    unique (event_id)
log_block
    column first_ts integer
    column log_id integer
    column number integer
    column requests bytes
    column times bytes
    key (log_id, number)
log_bundle
    column data bytes
    column log_id integer
    column number integer
    key (log_id, number)
log_checkpoint
    column log_id integer
    column note text
    column root bytes
    column signed_at integer
    column size integer
    key (log_id, size)
log_entry
    column leaf bytes
    column leaf_hash bytes
    column log_id integer
    column seq integer
    key (log_id, seq)
log_event
    column event_id bytes
    column log_id integer
    column seq integer
    key (log_id, event_id)
log_index
    column blocks integer default 0
    column changes integer default 0
    column log_id integer
    column terms integer default 0
    column width integer
    key (log_id)
log_intent
    column alive_until integer
    column event_id bytes
    column log_id integer
    column node text
    key (log_id, event_id)
log_opening
    column commitment bytes
    column fingerprint bytes
    column key bytes
    column log_id integer
    column name text
    column subject text?
    column value text
    index (subject, log_id) of some rows
    key (log_id, commitment)
    unique (log_id, fingerprint)
log_outbox
    column event_id bytes
    column head bytes
    column id integer
    column log_id integer
    column tail bytes
    column wall integer
    key (id)
    unique (log_id, event_id)
log_posting
    column block integer
    column entries bytes
    column term integer
    key (term, block)
log_term
    column digest bytes
    column facet text
    column log_id integer
    column term integer
    column value text
    key (log_id, facet, digest)
log_term_link
    column statement integer
    column term integer
    key (term, statement)
log_tile
    column hashes bytes
    column level integer
    column log_id integer
    column number integer
    column root bytes
    key (log_id, level, number)
machine_token
    column account_id text
    column created_at integer
    column created_by text
    column custom_role_id text?
    column description text
    column digest bytes
    column expires_at integer?
    column id text
    column issued_by bytes
    column issuer_id text?
    column last_used_at integer?
    column lookup integer
    column name text
    column organization_id text
    column revoked_at integer?
    column role text
    column team_id text?
    index (custom_role_id)
    index (issuer_id) of some rows
    index (lookup)
    index (team_id)
    key (id)
    reference (account_id) to account (id)
    reference (custom_role_id) to custom_role (id)
    reference (organization_id) to organization (id)
    unique (organization_id, name)
member
    column account_id text
    column actor_id text
    column created_at integer
    column custom_role_id text?
    column organization_id text
    column role text
    index (account_id, organization_id)
    index (custom_role_id)
    key (organization_id, account_id)
    reference (account_id) to account (id)
    reference (custom_role_id) to custom_role (id)
    reference (organization_id) to organization (id)
node
    column alive_until integer
    column id text
    key (id)
oidc_issuer
    column created_at integer
    column id text
    column keys text?
    column last_used_at integer?
    column longest integer?
    column modified_at integer
    column name text
    column organization_id text
    column policy_id text
    column policy_modified_at integer
    column policy_version integer
    column rules text
    column thumbprints text
    column url text
    key (id)
    reference (organization_id) to organization (id)
    unique (organization_id, name)
    unique (organization_id, url)
    unique (policy_id)
organization
    column access_version integer default 1
    column created_at integer
    column default_permission text default 'none'
    column default_role_id text?
    column id text
    column log_id integer
    column log_public integer default 0
    column longest_token_days integer?
    column members_can_create_teams integer default 0
    column name text
    key (id)
    reference (default_role_id) to custom_role (id)
    unique (name)
project
    column id text
    column name text
    column organization_id text
    key (id)
    reference (organization_id) to organization (id)
    unique (organization_id, name)
revision
    column author_id text
    column created_at integer
    column definition text
    column environment_id text
    column imports_indexed integer default 0
    column number integer
    column replacement integer?
    column retracted_at integer?
    column retracted_by text?
    column retraction_reason text?
    column rotated integer default 0
    index (environment_id, number) of some rows
    key (environment_id, number)
    reference (author_id) to account (id)
    reference (environment_id) to environment (id)
    reference (retracted_by) to account (id)
revision_tag
    column created_at integer
    column editor_id text
    column environment_id text
    column modified_at integer
    column name text
    column revision integer
    index (environment_id, revision)
    key (environment_id, name)
    reference (editor_id) to account (id)
    reference (environment_id) to environment (id)
rotation
    column account_id text
    column alive_until integer
    column completed_at integer?
    column created_at integer
    column environment_id text
    column id bytes
    column node text
    column problem text?
    column revision_after integer?
    column revision_before integer
    column schedule_id text?
    column state text
    index (environment_id, created_at)
    key (id)
    reference (account_id) to account (id)
    reference (environment_id) to environment (id)
    unique (environment_id) of some rows
rotation_attempt
    column environment_id text
    column event_id bytes
    column log_id integer
    column path text
    column sealed bytes
    key (environment_id, path)
    reference (environment_id) to environment (id)
rotation_path
    column id bytes
    column path text
    column problem text?
    column rotation_id bytes
    key (rotation_id, id)
    reference (rotation_id) to rotation (id)
schedule
    column created_at integer
    column cron text?
    column editor_id text
    column environment_id text
    column id text
    column kind text
    column last_at integer?
    column modified_at integer
    column next_at integer?
    column once_at integer?
    column path text
    column paused integer default 0
    column seen_revision integer default 0
    column version integer
    index (next_at) of some rows
    key (id)
    reference (editor_id) to account (id)
    reference (environment_id) to environment (id)
    unique (environment_id)
schedule_run
    column began_at integer?
    column due_at integer
    column event_id bytes?
    column node text
    column schedule_id text
    column state text
    column version integer default 0
    key (schedule_id, due_at)
    unique (event_id)
schema_migration
    column applied_at integer
    column digest text
    column name text
    column number integer
    key (number)
session
    column account_id text
    column created_at integer
    column environment_id text?
    column expires_at integer
    column id text
    column opened_by bytes
    column organization_id text
    column revision integer
    column sealed bytes
    column seq integer
    index (environment_id, created_at)
    key (seq)
    unique (id)
team
    column created_at integer
    column description text
    column display_name text
    column id text
    column name text
    column organization_id text
    column roles_enabled integer default 0
    key (id)
    reference (organization_id) to organization (id)
    unique (organization_id, name)
team_grant
    column created_at integer
    column environment_id text
    column id text
    column longest_open integer?
    column permission text
    column team_id text
    index (environment_id, team_id)
    key (id)
    reference (environment_id) to environment (id)
    reference (team_id) to team (id)
    unique (team_id, environment_id)
team_member
    column account_id text
    column created_at integer
    column role text
    column team_id text
    index (account_id, team_id)
    key (team_id, account_id)
    reference (account_id) to account (id)
    reference (team_id) to team (id)
team_role
    column created_at integer
    column role_id text
    column team_id text
    index (role_id, team_id)
    key (team_id, role_id)
    reference (role_id) to custom_role (id)
    reference (team_id) to team (id)
";
