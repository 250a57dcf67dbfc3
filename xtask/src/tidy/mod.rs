//! `cargo xtask tidy`: what compilers do not check.
//!
//! Each check is a function from what was read to complaints, listed in [`OF_FILES`] or [`OF_DEPENDENCIES`]. The same
//! checks run as a test.

mod dependencies;
mod documents;
mod licence;
mod text;

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};

use self::dependencies::Dependencies;
use crate::project::{self, Project};

/// What a check is about, and the check: from what it reads to complaints.
type Check<T> = (&'static str, fn(&T) -> Vec<String>);

/// The checks that read the files.
const OF_FILES: [Check<Tree>; 9] = [
    ("headings of Rust files", text::headings),
    ("lengths of Rust files", text::lengths),
    ("white space", text::white_space),
    ("words", text::words),
    ("effects", text::effects),
    ("documents", documents::present),
    ("decisions", documents::decisions),
    ("links", documents::links),
    ("migrations", documents::migrations),
];

/// The checks that read what cargo knows.
const OF_DEPENDENCIES: [Check<Dependencies>; 5] = [
    ("crate graph", dependencies::graph),
    ("default program", dependencies::default_program),
    ("purity", dependencies::purity),
    ("licences", dependencies::licences),
    ("sources and bans", dependencies::sources_and_bans),
];

/// What the checks read.
struct Tree {
    root: PathBuf,
    files: Vec<TextFile>,
}

/// A file that a person wrote.
struct TextFile {
    /// From the root, with forward slashes.
    path: String,
    text: String,
}

impl Tree {
    fn read(root: PathBuf) -> Result<Self> {
        let mut files = Vec::new();
        for path in project::files(&root)? {
            // What is not text, as a picture or a stored log, is not ours to check.
            if let Ok(text) = fs::read_to_string(root.join(&path)) {
                let path = path.to_string_lossy().replace('\\', "/");
                files.push(TextFile { path, text });
            }
        }
        Ok(Self { root, files })
    }

    fn with_extension(&self, extension: &str) -> impl Iterator<Item = &TextFile> {
        let ending = format!(".{extension}");
        self.files.iter().filter(move |file| file.path.ends_with(&ending))
    }

    fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }
}

/// Runs every check and prints every complaint.
pub(crate) fn run(project: &Project) -> Result<()> {
    let complaints = complaints(project)?;
    for complaint in &complaints {
        println!("{complaint}");
    }
    match complaints.len() {
        0 => Ok(()),
        count => bail!("{count} complaints"),
    }
}

fn complaints(project: &Project) -> Result<Vec<String>> {
    let tree = Tree::read(project.root.clone())?;
    let mut complaints = Vec::new();
    for (about, check) in OF_FILES {
        complaints.extend(check(&tree).into_iter().map(|complaint| format!("{about}: {complaint}")));
    }
    let dependencies = Dependencies::read(project)?;
    for (about, check) in OF_DEPENDENCIES {
        complaints.extend(check(&dependencies).into_iter().map(|complaint| format!("{about}: {complaint}")));
    }
    Ok(complaints)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_project_is_tidy() {
        let complaints = complaints(&Project::find().unwrap()).unwrap();
        assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    }

    /// A tree of one file, to show a check what it must find.
    pub(super) fn tree(path: &str, text: &str) -> Tree {
        let file = TextFile { path: path.to_owned(), text: text.to_owned() };
        Tree { root: PathBuf::new(), files: vec![file] }
    }
}
