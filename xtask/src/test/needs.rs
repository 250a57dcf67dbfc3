//! What parts of the run need from the machine, and how it gets there.
//!
//! On Debian as root what is missing is installed, and that is said. Elsewhere it is used where it is present; where it
//! is not, the parts that need it are skipped, and the reason says what to install.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process::{self, run};
use crate::project::Project;

/// The folder of the suite that drives the TypeScript SDK.
const TYPESCRIPT_SDK: &str = "compat/typescript";
/// The folder of the identity provider.
pub(super) const IDENTITY_PROVIDER: &str = "compat/identity-provider";

/// Something outside the project that a part cannot do without.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Need {
    /// The PostgreSQL server, to run one of our own.
    Postgres,
    /// The MariaDB server and its client, to run one of our own.
    MariaDb,
    /// Chromium and its driver.
    Chromium,
    /// Node.js with the TypeScript SDK.
    Node,
    /// Node.js with an identity provider.
    IdentityProvider,
    /// Python with the Python SDK, others' readers of exports, and `OpenBao`.
    Python,
}

/// Where the needed things are, or why they are not there.
pub(super) struct Tools {
    /// The folder with PostgreSQL's server programs.
    pub(super) postgres: Result<PathBuf, String>,
    /// The program that drives Chromium.
    pub(super) chromedriver: Result<PathBuf, String>,
    mariadb: Result<(), String>,
    node: Result<(), String>,
    identity_provider: Result<(), String>,
    python: Result<(), String>,
}

impl Tools {
    /// Looks for what is needed, and installs what is missing where that is possible.
    pub(super) fn prepare(project: &Project, needs: impl Iterator<Item = Need>) -> Self {
        let needs: BTreeSet<Need> = needs.collect();
        let missing: Vec<&str> = needs.iter().flat_map(|need| missing_packages(*need)).copied().collect();
        if !missing.is_empty() && is_debian_root() {
            // Not the end of the run: most parts need nothing, and those that do will say what they lack.
            install(&missing).unwrap_or_else(|error| println!("could not install it: {error:#}"));
        }
        let wanted = |need, find: &dyn Fn() -> Result<PathBuf, String>| {
            if needs.contains(&need) { find() } else { Err("not asked for".to_owned()) }
        };
        Self {
            postgres: wanted(Need::Postgres, &|| {
                postgres_programs().ok_or_else(|| absent("PostgreSQL 15 or later", "postgresql"))
            }),
            chromedriver: wanted(Need::Chromium, &|| {
                chromedriver().ok_or_else(|| absent("ChromeDriver", "chromium chromium-driver"))
            }),
            mariadb: wanted(Need::MariaDb, &|| {
                mariadb().ok_or_else(|| absent("MariaDB", "mariadb-server-core mariadb-client-core"))
            })
            .map(drop),
            node: wanted(Need::Node, &|| node_packages(project, TYPESCRIPT_SDK)).map(drop),
            identity_provider: wanted(Need::IdentityProvider, &|| node_packages(project, IDENTITY_PROVIDER)).map(drop),
            python: wanted(Need::Python, &|| {
                let python = process::find("python3").filter(|_| python_makes_environments());
                let python = python.ok_or_else(|| absent("Python 3 with venv", "python3-venv"))?;
                python_sdk(project).map(|()| python).map_err(|error| format!("{error:#}"))
            })
            .map(drop),
        }
    }

    /// Why this need is not met, if it is not.
    pub(super) fn lacks(&self, need: Need) -> Option<&str> {
        match need {
            Need::Postgres => self.postgres.as_ref().err(),
            Need::Chromium => self.chromedriver.as_ref().err(),
            Need::MariaDb => self.mariadb.as_ref().err(),
            Need::Node => self.node.as_ref().err(),
            Need::IdentityProvider => self.identity_provider.as_ref().err(),
            Need::Python => self.python.as_ref().err(),
        }
        .map(String::as_str)
    }
}

fn absent(what: &str, packages: &str) -> String {
    format!("{what} is not installed (on Debian: {packages})")
}

/// Debian's packages for a need that is not met.
fn missing_packages(need: Need) -> &'static [&'static str] {
    match need {
        Need::Postgres if postgres_programs().is_none() => &["postgresql"],
        // Without the package that would start a server of its own.
        Need::MariaDb if mariadb().is_none() => &["mariadb-server-core", "mariadb-client-core"],
        Need::Chromium if chromedriver().is_none() => &["chromium", "chromium-driver", "fonts-dejavu-core"],
        Need::Node | Need::IdentityProvider if process::find("npm").is_none() => &["nodejs", "npm"],
        Need::Python if !python_makes_environments() => &["python3", "python3-venv"],
        _ => &[],
    }
}

fn is_debian_root() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0);
    is_root && Path::new("/etc/debian_version").exists() && process::find("apt-get").is_some()
}

fn install(packages: &[&str]) -> Result<()> {
    println!("Installing what is missing: {}", packages.join(", "));
    // Debian's package would make and start a server of its own; ours are private, so it need not.
    let choice = Path::new("/etc/postgresql-common/createcluster.conf");
    if packages.contains(&"postgresql") && !choice.exists() {
        fs::create_dir_all("/etc/postgresql-common")
            .and_then(|()| fs::write(choice, "create_main_cluster = false\n"))
            .context("cannot tell Debian not to start a PostgreSQL server")?;
    }
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        run(command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(["-q", "-y", "-o", "Dpkg::Options::=--force-confold"])
            .args(arguments))
    };
    apt_get(&["update"])?;
    apt_get(&[&["install", "--no-install-recommends"], packages].concat())
}

/// The folder of the newest PostgreSQL server that is installed.
pub(super) fn postgres_programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse::<u32>().ok()?, entry.path().join("bin"))))
        .filter(|(version, programs)| *version >= 15 && programs.join("initdb").is_file())
        .max_by_key(|(version, _)| *version);
    let elsewhere = || process::find("initdb")?.canonicalize().ok()?.parent().map(Path::to_owned);
    newest.map(|(_, programs)| programs).or_else(elsewhere)
}

/// The MariaDB server, where its client and what sets it up are there too.
fn mariadb() -> Option<PathBuf> {
    let found = |program: &str| {
        let elsewhere = Path::new("/usr/sbin").join(program);
        process::find(program).or_else(|| Some(elsewhere).filter(|program| program.is_file()))
    };
    found("mariadb-install-db").and(found("mariadb")).and(found("mariadbd"))
}

fn chromedriver() -> Option<PathBuf> {
    process::find("chromedriver")
}

fn python_makes_environments() -> bool {
    process::succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"]))
}

/// Installs what a program of ours for Node.js needs in its folder; gives what installed it.
fn node_packages(project: &Project, folder: &str) -> Result<PathBuf, String> {
    let npm = process::find("npm").ok_or_else(|| absent("npm", "nodejs npm"))?;
    install_node_packages(project, folder).map(|()| npm).map_err(|error| format!("{error:#}"))
}

/// The same, unless what is there is what the lock file says.
fn install_node_packages(project: &Project, name: &str) -> Result<()> {
    let folder = project.root.join(name);
    let locked = fs::read_to_string(folder.join("package-lock.json"));
    let locked = locked.with_context(|| format!("{name} has no lock file"))?;
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == locked) {
        return Ok(());
    }
    println!("Installing what {name} needs in {name}/node_modules");
    run(project.program("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    fs::write(stamp, locked).with_context(|| format!("cannot write to {name}/node_modules"))
}

/// Installs the Python SDK in a virtual environment in its folder, unless what is there is what is required.
fn python_sdk(project: &Project) -> Result<()> {
    let folder = project.root.join("compat/python");
    let required = fs::read_to_string(folder.join("requirements.txt")).context("compat/python has no requirements")?;
    let stamp = folder.join(".venv/installed-requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == required) {
        return Ok(());
    }
    println!("Installing the Python SDK in compat/python/.venv");
    run(project.program("python3").args(["-m", "venv", "--clear", ".venv"]).current_dir(&folder))?;
    let mut pip = project.program(folder.join(".venv/bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement", "requirements.txt"]);
    run(pip.current_dir(&folder))?;
    fs::write(stamp, required).context("cannot write to compat/python/.venv")
}
