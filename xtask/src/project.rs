//! Where the project is, and what cargo knows of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::process;

/// The project that this program was built from.
pub(crate) struct Project {
    /// Its root folder.
    pub(crate) root: PathBuf,
}

impl Project {
    /// Finds the project by where cargo built this, or by where it is run.
    pub(crate) fn find() -> Result<Self> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let start = manifest.map_or_else(std::env::current_dir, Ok)?;
        let root = start
            .ancestors()
            .find(|folder| folder.join("Cargo.lock").is_file() && folder.join("xtask").is_dir())
            .context("this is not inside the project")?;
        Ok(Self { root: root.to_owned() })
    }

    /// Others' test cases, which stand beside the project in some places, if they do here.
    pub(crate) fn conformance(&self) -> Option<PathBuf> {
        let folder = self.root.join("../shared/conformance");
        folder.is_dir().then(|| folder.canonicalize().unwrap_or(folder))
    }

    /// Cargo, to be run in the root folder with this command, as `build` or `nextest run`.
    ///
    /// The caller's own `ESCRIBA_…` variables configure the server they use, and must not reach the ones under test.
    pub(crate) fn cargo(&self, command: &str) -> Command {
        let mut cargo = self.program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(command.split(' '));
        // In a continuous build the lock file is what was reviewed; elsewhere it may follow an edited manifest.
        let reads_lock_file = !matches!(command, "fmt" | "deny");
        if reads_lock_file && std::env::var_os("CI").is_some() {
            cargo.arg("--locked");
        }
        cargo
    }

    /// A program, to be run in the root folder without the caller's configuration.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>) -> Command {
        self.unconfigured(Command::new(program))
    }

    /// The same, for a program in the background that shall not outlive us.
    pub(crate) fn tied_program(&self, program: &Path, signal: &str) -> Command {
        self.unconfigured(process::tied(program, signal))
    }

    fn unconfigured(&self, mut command: Command) -> Command {
        command.current_dir(&self.root);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let of_this_crate = text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_");
            if text.starts_with("ESCRIBA_") || of_this_crate {
                command.env_remove(&name);
            }
        }
        command
    }

    /// Builds the server as it is shipped.
    pub(crate) fn build_release(&self) -> Result<()> {
        process::run(self.cargo("build").args(["--release", "--package", "escriba"]))
    }

    /// A program of the benchmarks, in release.
    pub(crate) fn bench_program(&self, name: &str) -> Command {
        let mut command = self.cargo("run");
        command.args(["--release", "--package", "benches", "--bin", name, "--"]);
        command
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target(&self) -> PathBuf {
        let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        self.root.join(folder)
    }

    /// What cargo knows of the workspace and its dependencies on this platform.
    pub(crate) fn metadata(&self) -> Result<Metadata> {
        let mut command = self.cargo("metadata");
        command.args(["--format-version", "1", "--filter-platform", &process::host_platform()?]);
        let output = command.output().context("cannot run cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        serde_json::from_slice(&output.stdout).context("cargo metadata printed what is not its format")
    }
}

/// What `cargo metadata` prints, as far as it is of use here.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    workspace_default_members: BTreeSet<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) source: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `dev`, `build`, or nothing for a normal one.
    pub(crate) kind: Option<String>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl Metadata {
    /// The crates of this workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The crates that cargo means when none is named.
    pub(crate) fn default_members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_default_members.contains(&package.id))
    }

    /// Whether the benchmarks have a program of this name.
    pub(crate) fn has_bench_program(&self, name: &str) -> bool {
        let benches = self.members().find(|package| package.name == "benches");
        benches.is_some_and(|package| package.targets.iter().any(|target| target.name == name))
    }

    /// The names of all that becomes part of `member` when it is built, itself included.
    pub(crate) fn parts_of(&self, member: &str) -> BTreeSet<&str> {
        let edges: BTreeMap<&str, &Vec<Edge>> =
            self.resolve.nodes.iter().map(|node| (node.id.as_str(), &node.deps)).collect();
        let names: BTreeMap<&str, &str> =
            self.packages.iter().map(|package| (package.id.as_str(), package.name.as_str())).collect();
        let mut waiting: Vec<&str> =
            self.members().filter(|package| package.name == member).map(|package| package.id.as_str()).collect();
        let mut reached = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if !reached.insert(id) {
                continue;
            }
            let normal = |edge: &&Edge| edge.dep_kinds.iter().any(|kind| kind.kind.is_none());
            waiting.extend(edges[id].iter().filter(normal).map(|edge| edge.pkg.as_str()));
        }
        reached.into_iter().map(|id| names[id]).collect()
    }
}

/// Every file of the project that a person wrote, with its path from the root.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>> {
    const SKIPPED: [&str; 9] =
        [".git", "target", "node_modules", ".venv", "__pycache__", "escriba-data", "corpus", "artifacts", ".idea"];
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let entry = entry?;
            // In a second working tree, `.git` is a file.
            if SKIPPED.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_type()?.is_file() {
                files.push(entry.path().strip_prefix(root)?.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}
