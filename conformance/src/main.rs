//! Others' test cases: what they give, we give.
//!
//! The cases are read in place, from the folder that is named. What a case is says its content, not where it lies, so that
//! any folder of cases will do, and a single case too.

mod compare;
mod definition;
mod evaluation;
mod find;
mod proof;
mod providers;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Parser;

use crate::find::{Case, Kind, find};

/// Compares the language and the log with others' test cases.
#[derive(Parser)]
struct Arguments {
    /// The folder of the cases: of one, of a suite, or of several suites.
    folder: PathBuf,
}

/// How many cases ended how.
#[derive(Default, Debug, PartialEq, Eq)]
struct Total {
    passed: usize,
    failed: usize,
    skipped: usize,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().folder) {
        Ok(Total { failed: 0, .. }) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs every case in a folder, and prints a line for each and the total.
fn run(folder: &Path) -> Result<Total> {
    // The last part of its path may be the name of a case.
    let folder = &folder.canonicalize().with_context(|| format!("cannot find {}", folder.display()))?;
    let cases = find(folder)?;
    let mut total = Total::default();
    for Case { name, path, kind } in &cases {
        let test = || match kind {
            Kind::Definition => definition::test(path),
            Kind::Evaluation => evaluation::test(path),
            Kind::Proof => proof::test(path),
            Kind::Unexpected => Ok(()),
        };
        // A panic is a failure of its case, and not the end of the run.
        match catch_unwind(AssertUnwindSafe(test)) {
            Ok(Ok(())) if *kind == Kind::Unexpected => {
                total.skipped += 1;
                println!("skipped {name}: it says nothing of what to expect");
            }
            Ok(Ok(())) => {
                total.passed += 1;
                println!("ok      {name}");
            }
            Ok(Err(error)) => {
                total.failed += 1;
                println!("FAILED  {name}: {error:#}");
            }
            Err(_) => {
                total.failed += 1;
                println!("FAILED  {name}: it panicked");
            }
        }
    }
    let Total { passed, failed, skipped } = total;
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if cases.is_empty() {
        bail!("there is no case in {}", folder.display());
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, path: &str, text: &str) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn cases_of_all_kinds_are_counted_wherever_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "some/empty/env.yaml", "");
        write(folder.path(), "some/empty/expected.json", "{}");
        write(folder.path(), "broken/env.yaml", "values: [1");
        write(folder.path(), "broken/expected.json", "{}");
        write(folder.path(), "measured/env.yaml", "values: {}");
        write(folder.path(), "list/env.yaml", "[]");
        write(
            folder.path(),
            "list/expected.json",
            r#"{"decl": {"Description": null, "Imports": null, "Values": null}, "diags": [{
                "Severity": 1, "Summary": "environment must be an object", "Detail": "", "Subject": {"Filename": "list",
                "Start": {"Line": 1, "Column": 1, "Byte": 0}, "End": {"Line": 1, "Column": 1, "Byte": 0}}, "Context": null,
                "Expression": null, "EvalContext": null, "Extra": null, "Path": ""}]}"#,
        );
        write(folder.path(), "proofs/wrong.json", r#"{"leafIdx": 1, "treeSize": 1, "wantErr": true}"#);
        write(folder.path(), "proofs/notes.json", "{}");
        assert_eq!(run(folder.path()).unwrap(), Total { passed: 3, failed: 1, skipped: 1 });
        assert_eq!(run(&folder.path().join("list")).unwrap(), Total { passed: 1, failed: 0, skipped: 0 });
        assert!(run(&folder.path().join("nowhere")).is_err());
        assert!(run(tempfile::tempdir().unwrap().path()).is_err());
    }
}
