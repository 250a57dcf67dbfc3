//! Every SQL text of the crate, as both databases understand it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tokio_postgres::types::Type;

use crate::harness::{Place, open_bare};

/// A text found in the sources.
struct Text {
    file: PathBuf,
    sql: String,
    /// Written for PostgreSQL alone.
    postgres_only: bool,
}

/// Below this many the search does not find what it should: the crate has more.
const AT_LEAST: usize = 70;

#[tokio::test]
async fn every_statement_prepares_and_takes_and_gives_only_the_types_of_the_store() {
    let texts = all();
    assert!(texts.len() >= AT_LEAST, "only {} statements were found", texts.len());
    let place = Place::new().await;
    open_bare(place.database(), 1).await.unwrap();

    let mut faults = Vec::new();
    let mut prepared = 0;
    match &place {
        Place::Sqlite { .. } => {
            let connection = place.sqlite();
            for text in texts.iter().filter(|text| !text.postgres_only) {
                prepared += 1;
                let expected = placeholders(&text.sql);
                match connection.prepare(&text.sql.replace('$', "?")) {
                    Ok(statement) if statement.parameter_count() == expected => {}
                    Ok(statement) => faults.push(text.fault(&format!("{} parameters", statement.parameter_count()))),
                    Err(error) => faults.push(text.fault(&error.to_string())),
                }
            }
        }
        Place::Postgres { .. } => {
            let session = place.postgres().await;
            for text in &texts {
                prepared += 1;
                let statement = match session.client.prepare(&text.sql).await {
                    Ok(statement) => statement,
                    Err(error) => {
                        faults.push(text.fault(&format!("{error:?}")));
                        continue;
                    }
                };
                if statement.params().len() != placeholders(&text.sql) {
                    faults.push(text.fault(&format!("{} parameters", statement.params().len())));
                }
                let columns = statement.columns().iter().map(tokio_postgres::Column::type_);
                for kind in statement.params().iter().chain(columns) {
                    if !is_ours(kind, text.postgres_only) {
                        faults.push(text.fault(&format!("has a value of type {kind}")));
                    }
                }
            }
        }
    }
    assert!(faults.is_empty(), "of {prepared} statements:\n{}", faults.join("\n"));
}

#[test]
fn placeholders_are_numbered_from_one_without_a_gap() {
    for text in all() {
        let numbers: BTreeSet<usize> = numbers(&text.sql).collect();
        let last = numbers.last().copied().unwrap_or(0);
        assert!(numbers.into_iter().eq(1..=last), "{}", text.fault("skips a placeholder"));
    }
}

impl Text {
    fn fault(&self, what: &str) -> String {
        format!("{}: {what}: {}", self.file.display(), self.sql)
    }
}

/// What `Value` carries. The sequencer, which is written for PostgreSQL, also hands over whole columns.
fn is_ours(kind: &Type, postgres_only: bool) -> bool {
    let scalar = matches!(*kind, Type::INT8 | Type::TEXT | Type::BYTEA);
    scalar || postgres_only && matches!(*kind, Type::INT8_ARRAY | Type::BYTEA_ARRAY)
}

fn placeholders(text: &str) -> usize {
    numbers(text).max().unwrap_or(0)
}

/// The numbers after dollar signs.
fn numbers(text: &str) -> impl Iterator<Item = usize> {
    text.split('$').skip(1).map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a dollar sign stands before a number")
    })
}

fn all() -> Vec<Text> {
    let mut texts = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
    texts
}

fn visit(folder: &Path, texts: &mut Vec<Text>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            visit(&path, texts);
        } else {
            let source = fs::read_to_string(&path).unwrap();
            let found = |sql, postgres_only| Text { file: path.clone(), sql, postgres_only };
            texts.extend(literals(&source, "Sql::new(").map(|sql| found(sql, false)));
            if path.ends_with("postgres/sequencer.rs") {
                let constants = literals(&source, ": &str =").chain(literals(&source, "prepare_cached("));
                texts.extend(constants.map(|sql| found(sql, true)));
            }
        }
    }
}

/// The string literals that follow directly on `before`. None of ours holds an escape but that of a line's end.
fn literals<'a>(source: &'a str, before: &'a str) -> impl Iterator<Item = String> + 'a {
    source.split(before).skip(1).filter_map(|rest| {
        let literal = rest.trim_start().strip_prefix('"')?;
        let (text, _) = literal.split_once('"').expect("a literal ends");
        assert!(!text.contains('\\'), "an escape in {text}");
        Some(text.to_owned())
    })
}
